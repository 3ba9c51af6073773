// Keeps a file from being read faster than it is written.

import { Effect, Latch } from "effect"
import type { Chunk } from "../domain/Chunk.ts"
import * as Footprint from "../domain/footprint.ts"

/**
 * The most bytes of chunks under way: while they take more, the next one waits, so that large chunks pass one by one.
 */
const maxBytesUnderWay = 8 * 1024 * 1024

export const make = Effect.gen(function* () {
  const room = yield* Latch.make(true)
  let bytes = 0
  const add = (change: number) =>
    Effect.suspend(() => {
      bytes += change
      return bytes < maxBytesUnderWay ? room.open : room.close
    })
  return {
    /** Waits for room before more is read. */
    room: room.await,
    /** Starts a chunk, as soon as there is room: what is read already may be many chunks. */
    begin: (chunk: Chunk) => Effect.andThen(room.await, add(Footprint.ofChunk(chunk))),
    /** Ends a chunk: it is written. */
    end: (chunk: Chunk) => add(-Footprint.ofChunk(chunk)),
  }
})
