import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Stalled, watch } from "../../src/cluster/health.ts"
import { WorkerActivity } from "../../src/cluster/WorkerActivity.ts"
import { type ProgressEvent, reportProgress } from "../../src/observability/Progress.ts"
import { noRecords } from "../../src/domain/RunSummary.ts"
import * as FileLimit from "../../src/pipeline/FileLimit.ts"

const chunk: ProgressEvent = { _tag: "ChunkCommitted", counts: noRecords }
const bytes: ProgressEvent = { _tag: "BytesRead", uri: "file", bytes: 1 }

const stallTimeout = Duration.seconds(10)

const isChunk = ({ _tag }: ProgressEvent) => _tag === "ChunkCommitted"

/** Work that tells an event every `seconds`, and ends when the deferred does. */
const working = (event: ProgressEvent, seconds: number, ended: Deferred.Deferred<void>) =>
  Effect.raceFirst(Deferred.await(ended), Effect.forever(Effect.delay(reportProgress(event), `${seconds} seconds`)))

const watched = Effect.flatMap(WorkerActivity, (vigil) => vigil.watched)

describe("WorkerActivity", () => {
  it.effect("a worker that holds nothing is well for ever", () =>
    Effect.gen(function* () {
      const watching = yield* Effect.forkScoped(watch(stallTimeout))
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* watched, { held: 0, silent: 0 })
      assert.isUndefined(watching.pollUnsafe())
    }).pipe(Effect.provide(WorkerActivity.layer), Effect.scoped),
  )

  it.effect("one that gets on with what it holds is well, one that does not has stalled and says so", () =>
    Effect.gen(function* () {
      const vigil = yield* WorkerActivity
      const ended = yield* Deferred.make<void>()
      const watching = yield* Effect.forkScoped(watch(stallTimeout))
      yield* Effect.forkScoped(vigil.over(isChunk)(working(chunk, 9, ended)))
      yield* TestClock.adjust("1 hour")
      assert.isUndefined(watching.pollUnsafe())
      assert.strictEqual((yield* watched).held, 1)
      yield* Deferred.succeed(ended, undefined)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* watched, { held: 0, silent: 0 })
      assert.isUndefined(watching.pollUnsafe())

      yield* Effect.forkScoped(vigil.over(isChunk)(Effect.never))
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* watched, { held: 1, silent: 10_000 })
      assert.isUndefined(watching.pollUnsafe())
      yield* TestClock.adjust("1 second")
      const exit = yield* Fiber.await(watching)
      assert.isTrue(Exit.isFailure(exit))
      const error = yield* Effect.flip(Effect.suspend(() => exit))
      assert.instanceOf(error, Stalled)
      assert.match(
        error.message,
        /^This worker has stalled: 1 part under way, and nothing of them read or committed for 11\.0 s\. .*start it again\.$/,
      )
    }).pipe(Effect.provide(WorkerActivity.layer), Effect.scoped),
  )

  it.effect("to read is not to get on, where chunks are to be committed", () =>
    Effect.gen(function* () {
      const vigil = yield* WorkerActivity
      const ended = yield* Deferred.make<void>()
      const watching = yield* Effect.forkScoped(watch(stallTimeout))
      yield* Effect.forkScoped(vigil.over(isChunk)(working(bytes, 1, ended)))
      yield* TestClock.adjust("11 seconds")
      assert.instanceOf(yield* Effect.flip(Fiber.join(watching)), Stalled)
    }).pipe(Effect.provide(WorkerActivity.layer), Effect.scoped),
  )

  it.effect("work that ends, fails or is interrupted is held no longer", () =>
    Effect.gen(function* () {
      const vigil = yield* WorkerActivity
      for (const work of [Effect.void, Effect.fail("no"), Effect.die("no")]) {
        yield* Effect.exit(vigil.over(isChunk)(work))
        assert.deepStrictEqual(yield* watched, { held: 0, silent: 0 })
      }
      const held = yield* Effect.forkScoped(vigil.over(isChunk)(Effect.never))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* watched, { held: 1, silent: 1_000 })
      yield* Fiber.interrupt(held)
      assert.deepStrictEqual(yield* watched, { held: 0, silent: 0 })
    }).pipe(Effect.provide(WorkerActivity.layer), Effect.scoped),
  )

  it.effect("to wait for a turn is not to hold, and what begins late has all of its time", () =>
    Effect.gen(function* () {
      const vigil = yield* WorkerActivity
      const inTurn = yield* FileLimit.make(1)
      const ended = yield* Deferred.make<void>()
      const watching = yield* Effect.forkScoped(watch(stallTimeout))
      yield* Effect.forkScoped(inTurn(1)(vigil.over(isChunk)(working(chunk, 5, ended))))
      yield* TestClock.adjust("1 second")
      yield* Effect.forkScoped(inTurn(1)(vigil.over(isChunk)(Effect.never)))
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* watched).held, 1)
      assert.isUndefined(watching.pollUnsafe())
      yield* Deferred.succeed(ended, undefined)
      yield* TestClock.adjust("9 seconds")
      assert.strictEqual((yield* watched).held, 1)
      assert.isUndefined(watching.pollUnsafe())
      yield* TestClock.adjust("3 seconds")
      assert.instanceOf(yield* Effect.flip(Fiber.join(watching)), Stalled)
    }).pipe(Effect.provide(WorkerActivity.layer), Effect.scoped),
  )
})
