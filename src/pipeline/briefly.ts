// Last words to the database of a run that is interrupted or has failed: they must not hold it up.

import { Effect, Fiber } from "effect"

/**
 * The effect's result, if it succeeds within 2 s. In a fiber of its own, so that the timeout holds where the caller is
 * uninterruptible.
 */
export const briefly = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
  const brief = effect.pipe(Effect.timeout("2 seconds"), Effect.option)
  return yield* Fiber.join(yield* Effect.forkDetach(brief, { startImmediately: true }))
})
