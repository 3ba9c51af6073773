import { Effect, Stream } from "effect"
import { SourceError } from "./Source.ts"

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
