import { Effect, Semaphore } from "effect"

/**
 * So many small files are loaded at once, where more than one connection may write: each waits longer for the database
 * than it takes us to read it. More would hold more of the pool's connections.
 */
export const mostFilesAtOnce = 2
const smallFile = 256 * 1024

/** Lets `filesAtOnce` small files be loaded at once, or one that is not. `bytes`: what there is to load, as stored. */
export const make = Effect.fnUntraced(function* (filesAtOnce: number) {
  const turns = yield* Semaphore.make(filesAtOnce)
  return (bytes: number) => Semaphore.withPermits(turns, bytes <= smallFile ? 1 : filesAtOnce)
})
