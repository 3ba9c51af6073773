// Runs concurrent effects in an order that a test decides.

import { Deferred, Effect } from "effect"

/** Picks from these numbers, again from the start at their end. */
export const makePicks = (numbers: ReadonlyArray<number>) => {
  let next = 0
  return (count: number): number => (numbers[next++ % numbers.length] ?? 0) % count
}

/** Admits waiting effects in the order of `pick`, at most `width` at once. */
export const makeGate = (pick: (count: number) => number, width: number) => {
  const waiting: Array<Deferred.Deferred<void>> = []
  let inside = 0

  // Waits a moment, so that others can arrive.
  const admit = Effect.gen(function* () {
    yield* Effect.sleep("1 millis")
    while (inside < width && waiting.length > 0) {
      const [next] = waiting.splice(pick(waiting.length), 1)
      inside++
      yield* Deferred.succeed(next!, undefined)
    }
  })

  const enter = Effect.gen(function* () {
    const turn = yield* Deferred.make<void>()
    waiting.push(turn)
    yield* Effect.forkDetach(admit)
    yield* Deferred.await(turn).pipe(
      Effect.onInterrupt(() =>
        Effect.suspend(() => {
          const index = waiting.indexOf(turn)
          if (index >= 0) waiting.splice(index, 1)
          return index < 0 ? leave : Effect.void
        }),
      ),
    )
  })

  const leave = Effect.suspend(() => {
    inside--
    return Effect.forkDetach(admit)
  })

  return <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.andThen(restore(enter), Effect.ensuring(restore(effect), Effect.asVoid(leave))),
    )
}
