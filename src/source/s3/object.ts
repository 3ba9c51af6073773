// Reads an object of S3: a broken answer is resumed at the next byte.

import { GetObjectCommand } from "@aws-sdk/client-s3"
import { Cause, Effect, type Pull, Schedule, Stream } from "effect"
import { Readable } from "node:stream"
import { fromByte } from "../../domain/byteRange.ts"
import { makeReader } from "../../domain/readable.ts"
import { changed, permanent, type S3Failure, toSourceError, transient } from "./failure.ts"
import { type Request, withIdleTimeout } from "./request.ts"
import type { SourceError, SourceFile } from "../../domain/SourceFile.ts"

const isTransient = (error: S3Failure | SourceError) => error._tag === "S3Failure" && error.transient

/** Retries of a read for half a minute; every byte received starts that time again. */
const resuming = Schedule.min([Schedule.exponential("250 millis"), Schedule.spaced("10 seconds")]).pipe(
  Schedule.jittered,
  Schedule.upTo({ times: 8 }),
  Schedule.setInputType<S3Failure | SourceError>(),
  Schedule.while(({ input }) => isTransient(input)),
)

const explainBody = ({ message }: Error) =>
  message.startsWith("Checksum mismatch")
    ? permanent(
        "The object was damaged on its way: its checksum is wrong. Run again, then load it from the start.",
        "checksum",
      )
    : transient(`The connection broke (${message}).`)

const wrongLength = permanent("The store sent a different number of bytes than it listed. Run again.", "damaged")

/** The stored bytes of an object from byte `at` on, of one answer of S3. */
const answer = Effect.fnUntraced(function* (request: Request, Bucket: string, file: SourceFile, at: number) {
  const Key = file.uri.slice(`s3://${Bucket}/`.length)
  // At its end the last byte is requested, to check that the object is still the one that was listed.
  const first = Math.max(0, Math.min(at, file.size - 1))
  const range = first > 0 && { Range: `bytes=${first}-` }
  const command = new GetObjectCommand({ Bucket, Key, IfMatch: file.fingerprint, ...range })
  const aborter = yield* Effect.acquireRelease(
    Effect.sync(() => new AbortController()),
    (aborter) => Effect.sync(() => aborter.abort()),
  )
  const { response, reader } = yield* request(async (client) => {
    const response = await client.send(command, { abortSignal: aborter.signal })
    if (!(response.Body instanceof Readable)) throw new Error("no body")
    return { response, reader: makeReader(response.Body) }
  }, Key)

  const promised = file.size - first
  if (response.ETag !== file.fingerprint) return yield* changed
  if (first > 0 && !response.ContentRange?.startsWith(`bytes ${first}-`)) {
    return yield* permanent("The store cannot send the rest of an object.")
  }
  if ((response.ContentLength ?? promised) !== promised) return yield* wrongLength

  let received = 0
  const pull: Pull.Pull<readonly [Uint8Array], S3Failure> = reader.poll.pipe(
    Effect.mapError(explainBody),
    Effect.flatMap((polled) => {
      if (polled === "waiting") return Effect.andThen(withIdleTimeout(reader.news), pull)
      if (polled === "ended") return received === promised ? Cause.done() : transient("The answer was cut short.")
      received += polled.length
      return received > promised ? wrongLength : Effect.succeed([polled] as const)
    }),
  )
  return Stream.fromPull(Effect.succeed(pull)).pipe(fromByte(file.uri, at - first))
})

/**
 * The stored bytes of an object from byte `from` on, in as many answers of S3 as needed. Fails, without a retry, where
 * the object is not the one that was listed.
 */
export const readObject = (
  request: Request,
  bucket: string,
  file: SourceFile,
  from: number,
): Stream.Stream<Uint8Array, SourceError> =>
  Stream.suspend(() => {
    let at = from
    return Stream.suspend(() => Stream.unwrap(answer(request, bucket, file, at))).pipe(
      Stream.map((chunk) => {
        at += chunk.length
        return chunk
      }),
      Stream.tapError((error) =>
        isTransient(error)
          ? Effect.annotateLogs(Effect.logWarning(`${file.uri}, byte ${at}: ${error.message}`), { step: "Extract" })
          : Effect.void,
      ),
      Stream.retry(resuming),
      Stream.catchTag("S3Failure", (failure) => Stream.fail(toSourceError("read", file.uri, failure))),
    )
  })
