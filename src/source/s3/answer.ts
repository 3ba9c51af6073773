// Bounds the answers that the SDK reads as a whole before it parses them: errors, and pages of a list.

import type { S3Client } from "@aws-sdk/client-s3"
import { Predicate } from "effect"
import { Readable } from "node:stream"
import { PageBounds } from "./pageBounds.ts"

const mebi = 1024 * 1024

/** S3's own errors have 1 kB. */
const maxErrorSize = 64 * 1024

/** A million keys of usual length take 500 MB. */
const maxListSize = 2 * 1024 * mebi

/** The store sends more than S3 does. */
export class AnswerTooLong extends Error {
  override readonly name = "AnswerTooLong"
  readonly reason: "notS3" | "tooManyKeys"

  constructor(reason: AnswerTooLong["reason"], message: string) {
    super(message)
    this.reason = reason
  }
}

/** The whole body, or undefined where it is longer than `limit`: then its connection is closed. */
const readAtMost = async (body: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array | undefined> => {
  const chunks: Array<Uint8Array> = []
  let size = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    size += chunk.length
    if (size > limit) return undefined
  }
  return Buffer.concat(chunks)
}

/** The bytes of one listing, page after page. */
class ListBytes {
  #size = 0

  /** The pages' bytes as they come. Throws AnswerTooLong, and closes the connection, at a bound. */
  async *read(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const bounds = new PageBounds()
    for await (const chunk of body) {
      this.#size += chunk.length
      if (this.#size > maxListSize) {
        throw new AnswerTooLong(
          "tooManyKeys",
          "The pages of its list have more than 2 GiB. Check the endpoint, or name a narrower prefix.",
        )
      }
      const excess = bounds.take(chunk)
      if (excess !== undefined)
        throw new AnswerTooLong("notS3", `A page of its list has more than ${excess}. Check the endpoint.`)
      yield chunk
    }
  }
}

interface Answer {
  readonly statusCode: number
  body: unknown
}

const isAnswer = (response: unknown): response is Answer =>
  Predicate.hasProperty(response, "statusCode") && Predicate.hasProperty(response, "body")

/**
 * Keeps the client from reading more of an answer than S3 would send. The bytes of objects are streamed and not bounded
 * here. A page without a token begins another listing.
 */
export const boundAnswers = ({ middlewareStack }: S3Client): void => {
  let listBytes = new ListBytes()
  middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const output = await next(args)
        const { response } = output
        if (!isAnswer(response) || !(response.body instanceof Readable)) return output
        if (response.statusCode >= 300) {
          // Of an error that is too long only the status counts.
          response.body = (await readAtMost(response.body, maxErrorSize)) ?? new Uint8Array()
        } else if (commandName === "ListObjectsV2Command") {
          if (!("ContinuationToken" in args.input && args.input.ContinuationToken)) listBytes = new ListBytes()
          response.body = Buffer.concat(await Array.fromAsync(listBytes.read(response.body)))
        }
        return output
      },
    // Nearest to the connection: every other middleware that reads an answer comes after it.
    { step: "deserialize", priority: "low", name: "boundAnswers" },
  )
}
