import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, Logger, Schema } from "effect"
import { TestClock } from "effect/testing"
import { DatabaseError } from "../../src/domain/DatabaseError.ts"
import { patiently } from "../../src/repo/patience.ts"

const away = new DatabaseError({ operation: "query", message: "It is away.", retryable: true })

/** Runs an effect for as long as it takes; the test clock's time that it took, in seconds, and what was logged. */
const timed = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const logged: Array<string> = []
    const logger = Logger.make(({ message }) => void logged.push(String(message)))
    const start = yield* Clock.currentTimeMillis
    const fiber = yield* effect.pipe(
      Effect.exit,
      Effect.flatMap((exit) => Effect.map(Clock.currentTimeMillis, (end) => ({ exit, seconds: (end - start) / 1000 }))),
      Effect.provide(Logger.layer([logger])),
      Effect.forkChild,
    )
    yield* TestClock.adjust("20 minutes")
    return { ...(yield* Fiber.join(fiber)), logged }
  })

const Seconds = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 1, maximum }))

describe("patiently", () => {
  it.effect.prop("waits for a database that comes back within five minutes", { seconds: Seconds(295) }, ({ seconds }) =>
    Effect.gen(function* () {
      const until = (yield* Clock.currentTimeMillis) + seconds * 1000
      const query = Effect.flatMap(Clock.currentTimeMillis, (now) =>
        now < until ? Effect.fail(away) : Effect.succeed(1),
      )
      const { exit, seconds: took, logged } = yield* timed(patiently(query))
      assert.deepStrictEqual(exit, Exit.succeed(1))
      assert.isBelow(took, seconds + 10)
      assert.deepStrictEqual(logged, ["It is away. Retrying for up to 5 minutes.", "The database answers again."])
    }),
  )

  it.effect.prop(
    "gives up after five minutes, whether the database refuses or is silent",
    { seconds: Seconds(150) },
    ({ seconds }) =>
      Effect.gen(function* () {
        const refuses = yield* timed(patiently(Effect.andThen(Effect.sleep(seconds * 10), Effect.fail(away))))
        assert.deepStrictEqual(refuses.exit, Exit.fail(away))
        assert.isAtLeast(refuses.seconds, 295)
        assert.isBelow(refuses.seconds, 310)

        const silence = Effect.timeoutOrElse(Effect.never, { duration: "150 seconds", orElse: () => Effect.fail(away) })
        const silent = yield* timed(patiently(silence))
        assert.isTrue(Exit.isFailure(silent.exit))
        assert.isAtMost(silent.seconds, 310)
      }),
  )

  it.effect("does not repeat what cannot pass, nor wait for it", () =>
    Effect.gen(function* () {
      let tries = 0
      const error = new DatabaseError({ operation: "query", message: "No such column.", retryable: false })
      const { exit, seconds, logged } = yield* timed(
        patiently(Effect.suspend(() => Effect.fail(++tries === 1 ? error : away))),
      )
      assert.deepStrictEqual([exit, seconds, logged, tries], [Exit.fail(error), 0, [], 1])
    }),
  )

  it.effect("a long piece of work that fails late is repeated for five minutes too", () =>
    Effect.gen(function* () {
      let tries = 0
      const work = Effect.suspend(() =>
        ++tries === 1 ? Effect.andThen(Effect.sleep("1 hour"), Effect.fail(away)) : Effect.succeed(tries),
      )
      const fiber = yield* Effect.forkChild(patiently(work))
      yield* TestClock.adjust("70 minutes")
      assert.strictEqual(yield* Fiber.join(fiber), 2)
    }),
  )
})
