// How many files load at once: a few small ones, or one that is not small.

import { Effect, Semaphore } from "effect"
import { smallFile } from "./groupFiles.ts"

/**
 * How many small files load at once where more than one connection writes: each waits longer for the database than it
 * takes to read. More would hold more of the pool's connections.
 */
export const maxFilesAtOnce = 2

/** Executes an effect when there is room for a file of so many bytes. */
export type WithRoomFor = (bytes: number) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** Waits until there is room for a file of `bytes` bytes, as stored, beside those that load already. */
export const make = Effect.fnUntraced(function* (filesAtOnce: number) {
  const room = yield* Semaphore.make(filesAtOnce)
  const withRoomFor: WithRoomFor = (bytes) => Semaphore.withPermits(room, bytes <= smallFile ? 1 : filesAtOnce)
  return withRoomFor
})
