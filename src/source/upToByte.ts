import { Stream } from "effect"

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
