import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Latch } from "effect"
import { TestClock } from "effect/testing"
import { pace, wokenBy } from "../../../src/geo/quota/pace.ts"
import type { Verdict } from "../../../src/geo/quota/Permits.ts"

const minute = 60_000

/** A window of a minute with room for 15, and when it granted. */
const makeWindow = () => {
  const grants: Array<number> = []
  const acquire = Effect.map(Clock.currentTimeMillis, (now): Verdict => {
    const counting = grants.filter((time) => time + minute > now)
    if (counting.length >= 15) return { _tag: "Wait", millis: counting[0]! + minute - now }
    return { _tag: "Granted", id: grants.push(now), since: now }
  })
  return { grants, acquire }
}

/** Names these waits, then grants; `asked`: when. */
const makeScript = (...waits: ReadonlyArray<number>) => {
  const asked: Array<number> = []
  const acquire = Effect.map(Clock.currentTimeMillis, (now): Verdict => {
    const millis = waits[asked.push(now) - 1]
    return millis === undefined ? { _tag: "Granted", id: 1, since: now } : { _tag: "Wait", millis }
  })
  return { asked, acquire }
}

describe("pace", () => {
  it.effect("of 40 requests sends 15 at 0 s, 15 at 60 s and 10 at 120 s", () =>
    Effect.gen(function* () {
      const { acquire, grants } = makeWindow()
      yield* Effect.forkChild(Effect.forEach(Array(40).keys(), () => Effect.repeat(acquire, pace)))
      yield* TestClock.adjust("3 minutes")
      assert.deepStrictEqual(grants, [...Array(15).fill(0), ...Array(15).fill(minute), ...Array(10).fill(2 * minute)])
    }),
  )

  it.effect("asks again after the wait that is named, rounded up, and after a second at the latest", () =>
    Effect.gen(function* () {
      const { acquire, asked } = makeScript(2_500, 1_500, 500, 0, 0.2, minute, Infinity)
      yield* Effect.forkChild(Effect.repeat(acquire, pace))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(asked, [0, 1_000, 2_000, 2_500, 2_500, 2_501, 3_501, 4_501])
    }),
  )

  it.effect("reports the wait that is named, and 0 with the permit", () =>
    Effect.gen(function* () {
      const { acquire } = makeScript(0.2)
      const repeated = yield* Effect.forkChild(Effect.repeat(acquire, pace))
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* Fiber.join(repeated), 0)
    }),
  )

  it.effect("asks again at once when it is woken, and waits again after that", () =>
    Effect.gen(function* () {
      const { acquire, asked } = makeScript(minute, minute)
      const changed = yield* Latch.make(false)
      const look = Effect.tap(acquire, () => Effect.sync(() => changed.closeUnsafe()))
      yield* Effect.forkChild(Effect.repeat(look, pace.pipe(wokenBy(changed.await))))
      yield* TestClock.adjust(300)
      changed.openUnsafe()
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(asked, [0, 300, 1_300])
    }),
  )

  it.effect("can be interrupted while it waits", () =>
    Effect.gen(function* () {
      const { acquire, asked } = makeScript(minute)
      const repeated = yield* Effect.forkChild(Effect.repeat(acquire, pace.pipe(wokenBy(Effect.never))))
      yield* TestClock.adjust(300)
      yield* Fiber.interrupt(repeated)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(asked, [0])
    }),
  )
})
