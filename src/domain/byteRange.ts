// Parts of a stream of bytes: from a byte on, and up to a byte.

import { Effect, Stream } from "effect"
import { SourceError } from "./SourceFile.ts"

/** Drops the first `count` bytes of a stream. Fails where the stream, named `uri` in the error, has fewer. */
export const fromByte =
  (uri: string, count: number) =>
  <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Uint8Array, E | SourceError, R> =>
    Stream.suspend(() => {
      let left = count
      return bytes.pipe(
        Stream.map((chunk) => {
          const dropped = Math.min(left, chunk.length)
          left -= dropped
          return chunk.subarray(dropped)
        }),
        Stream.filter((chunk) => chunk.length > 0),
        Stream.onEnd(
          Effect.suspend(() => {
            if (left === 0) return Effect.void
            const message = `${uri} ends before the byte where reading resumes.`
            return Effect.fail(new SourceError({ operation: "read", uri, message }))
          }),
        ),
      )
    })

/**
 * The first `count` bytes of a stream, which closes with the last of them: no later byte is requested. A shorter stream
 * ends without an error: the source checks that a file is complete.
 */
export const upToByte =
  (count: number) =>
  <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Uint8Array, E, R> =>
    count <= 0
      ? Stream.empty
      : Stream.suspend(() => {
          let passed = 0
          return bytes.pipe(
            Stream.takeUntil((chunk) => (passed += chunk.length) >= count),
            Stream.mapAccum(
              () => count,
              (left, chunk) => [left - chunk.length, [chunk.subarray(0, left)]] as const,
            ),
          )
        })
