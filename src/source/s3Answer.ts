// Bounds the answers that the SDK reads as a whole before it parses them: errors, and pages of a list.
import type { S3Client } from "@aws-sdk/client-s3"
import { Predicate } from "effect"
import { Readable } from "node:stream"

/** S3's own pages of 1,000 keys have 4 MB at most. */
const maxPageSize = 10 * 1024 * 1024

/** S3's own errors have 1 kB. */
const maxErrorSize = 64 * 1024

/** A page is longer than any of S3. */
class AnswerTooLong extends Error {
  override readonly name = "AnswerTooLong"

  constructor() {
    super(`A page of its list has more than ${maxPageSize / 1024 / 1024} MiB.`)
  }
}

/** The whole of a body, or undefined where it is longer: then its connection is closed. */
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

interface Answer {
  readonly statusCode: number
  body: unknown
}

const isAnswer = (response: unknown): response is Answer =>
  Predicate.hasProperty(response, "statusCode") && Predicate.hasProperty(response, "body")

/** Lets the client read no more of an answer than S3 would send. What an object holds streams past this. */
export const boundAnswers = ({ middlewareStack }: S3Client): void => {
  middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const output = await next(args)
        const { response } = output
        if (!isAnswer(response) || !(response.body instanceof Readable)) return output
        if (response.statusCode >= 300) {
          // An error that says too much counts by its status alone.
          response.body = (await readAtMost(response.body, maxErrorSize)) ?? new Uint8Array()
        } else if (commandName === "ListObjectsV2Command") {
          response.body = await readAtMost(response.body, maxPageSize)
          if (response.body === undefined) throw new AnswerTooLong()
        }
        return output
      },
    // Next to the connection: whatever else looks into an answer comes after it.
    { step: "deserialize", priority: "low", name: "boundAnswers" },
  )
}
