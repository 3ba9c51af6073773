// Keeps a file from being read faster than it is written.

import { Effect, Latch, Stream } from "effect"
import type { Chunk } from "../domain/Chunk.ts"
import * as Footprint from "../domain/footprint.ts"
import type { Stopwatch } from "../observability/Stopwatch.ts"

/**
 * The most bytes of chunks under way: while they take more, the next one waits, so that large chunks pass one by one.
 */
const maxBytesUnderWay = 8 * 1024 * 1024

/** Of one part of a file. `stopwatch`: where waiting for room is timed. */
export const make = Effect.fnUntraced(function* (stopwatch: Stopwatch) {
  const room = yield* Latch.make(true)
  let bytes = 0
  const add = (change: number) =>
    Effect.suspend(() => {
      bytes += change
      return bytes < maxBytesUnderWay ? room.open : room.close
    })
  const timedRoom = stopwatch.time("room")(room.await)
  return {
    /** The stage that waits for room before more bytes are read. */
    waitForRoom: <A, E, R>(bytes: Stream.Stream<A, E, R>): Stream.Stream<A, E, R> => Stream.tap(bytes, () => timedRoom),
    /** The stage at which chunks are under way, one by one as there is room: what is read already may be many. */
    enter: <E, R>(chunks: Stream.Stream<Chunk, E, R>): Stream.Stream<Chunk, E, R> =>
      Stream.tap(chunks, (chunk) => Effect.andThen(room.await, add(Footprint.ofChunk(chunk)))),
    /** The chunk is written: its rows may hold another one. */
    leave: (chunk: Chunk) =>
      Effect.suspend(() => {
        const bytes = Footprint.ofChunk(chunk)
        chunk.rows.release()
        return add(-bytes)
      }),
  }
})
