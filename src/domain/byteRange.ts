import { Effect, Stream } from "effect"
import { SourceError } from "./SourceFile.ts"

/** What follows the first `count` bytes of a stream. Fails where the stream, named `uri` in the error, has fewer. */
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
            const message = `${uri} ends before the byte from which it was to be read on.`
            return Effect.fail(new SourceError({ operation: "read", uri, message }))
          }),
        ),
      )
    })

/**
 * The first `count` bytes of a stream, which is closed with the last of them: nothing behind is asked for. A stream that
 * has fewer ends where it ends: that a file is whole is for its source to see.
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
