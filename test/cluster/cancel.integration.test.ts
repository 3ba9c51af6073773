import { PgClient } from "@effect/sql-pg"
import { assert, describe } from "@effect/vitest"
import { Effect, Exit, Fiber, Latch } from "effect"
import { handOver } from "../../src/cluster/handOver.ts"
import { LoadRun, type RunFailed } from "../../src/cluster/LoadRun.ts"
import * as ColumnMapping from "../../src/domain/ColumnMapping.ts"
import { exitCode } from "../../src/domain/RunSummary.ts"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import { ClusterRuns } from "../../src/repo/ClusterRuns.ts"
import { Source } from "../../src/source/Source.ts"
import {
  breaking,
  held,
  inTheCluster,
  load,
  sourceUri,
  storedEmails,
  storedRuns,
  usersFile,
  wanted,
  type World,
} from "../utils/cluster.ts"

/** More than a worker loads at once: some wait for their turn. */
const names = ["a", "b", "c", "d", "e", "f"]
const files = Object.fromEntries(names.map((name) => [`${name}.csv`, usersFile(name, 8)]))
const records = names.length * 8

/** Behind the first chunk, and before the second one, of a file or of a part. */
const someBytes = 28
const header = "email,name\n".length
/** Three records. */
const splitSize = 36

const options = { mapping: ColumnMapping.make(Object.fromEntries(wanted.mapping)), chunkSize: 2 }

/** Until something is committed. */
const awaitUsers = Effect.gen(function* () {
  while ((yield* storedEmails).length === 0) yield* Effect.sleep("20 millis")
})

/** What loads the source in one process. */
const alone = Effect.fnUntraced(function* (world: World) {
  return yield* Effect.provideService(Pipeline.run(options), Source, yield* world.source)
})

/** Begins a run that gets stuck behind the first chunks, and cancels it. */
const cancelled = Effect.fnUntraced(function* (world: World, isSplit = false) {
  const latch = yield* Latch.make()
  world.change = held(latch, isSplit ? someBytes : someBytes + header, isSplit)
  const running = yield* Effect.forkScoped(load(isSplit ? { splitSize } : {}))
  yield* awaitUsers
  yield* (yield* ClusterRuns).cancel({ runId: 1, attempt: 1 })
  const exit = yield* Fiber.await(running)
  world.change = (source) => source
  assert.isTrue(Exit.isFailure(exit))
  const error = yield* Effect.flip(Effect.suspend(() => exit))
  assert.deepInclude(error, { _tag: "RunFailed", exitCode: 130 })
  assert.include((error as RunFailed).message, "The same command resumes it")
  assert.deepStrictEqual(yield* storedRuns, [{ attempts: 1, exitCode: 130, isFinished: false }])
  return latch
})

describe("a run of the cluster", () => {
  inTheCluster("that is cancelled keeps what is committed, and goes on where it stood", files, (world) =>
    Effect.gen(function* () {
      const latch = yield* cancelled(world)
      const kept = yield* storedEmails
      assert.isBelow(kept.length, records)
      const going = yield* Effect.forkScoped(load())
      // Those who loaded for the first attempt wake up now and then, and disturb nobody.
      yield* Effect.sleep("200 millis")
      yield* latch.open
      const summary = yield* Fiber.join(going)
      assert.deepStrictEqual([summary.runId, summary.attempt, exitCode(summary)], [1, 2, 0])
      assert.deepInclude(summary.totals, { read: records, inserted: records })
      assert.includeMembers([...(yield* storedEmails)], [...kept])
    }),
  )

  inTheCluster("that was cancelled before a file was split begins with that", files, () =>
    Effect.gen(function* () {
      yield* handOver({ ...wanted, splitSize }, sourceUri)
      yield* (yield* ClusterRuns).cancel({ runId: 1, attempt: 1 })
      const summary = yield* load({ splitSize })
      assert.deepStrictEqual([summary.runId, summary.attempt], [1, 2])
      assert.deepInclude(summary.totals, { read: records, inserted: records })
    }),
  )

  inTheCluster("that is cancelled while a file is split ends at once", files, (world) =>
    Effect.gen(function* () {
      const latch = yield* Latch.make()
      const reading = yield* Latch.make()
      world.change = held(latch, someBytes, false, reading.open)
      const running = yield* Effect.forkScoped(load({ splitSize }))
      yield* reading.await
      yield* (yield* ClusterRuns).cancel({ runId: 1, attempt: 1 })
      assert.deepInclude(yield* Effect.flip(Fiber.join(running)), { _tag: "RunFailed", exitCode: 130 })
      world.change = (source) => source
      // The pass that is held has given its turn back.
      assert.deepInclude((yield* load({ splitSize })).totals, { read: records, inserted: records })
    }),
  )

  inTheCluster("is not handed over twice: who does it joins", files, (world) =>
    Effect.gen(function* () {
      const latch = yield* Latch.make()
      world.change = held(latch, header + someBytes)
      const first = yield* handOver(wanted, sourceUri)
      const second = yield* handOver({ ...wanted, chunkSize: 3 }, sourceUri)
      assert.deepStrictEqual(second, { ...first, wasUnderWay: true })
      yield* latch.open
      const summary = yield* LoadRun.execute({ ...wanted, ...first })
      assert.deepInclude(summary, { runId: 1, attempt: 1 })
      assert.deepInclude(summary.totals, { read: records })
      const third = yield* handOver(wanted, sourceUri)
      assert.deepInclude(third, { runId: 2, attempt: 1, wasUnderWay: false })
    }),
  )

  inTheCluster("is handed over once by clients that do it at the same time", files, (world) =>
    Effect.gen(function* () {
      const latch = yield* Latch.make()
      world.change = held(latch, header + someBytes)
      const both = yield* Effect.all([handOver(wanted, sourceUri), handOver(wanted, sourceUri)], { concurrency: 2 })
      const [first, second] = both.toSorted((left, right) => Number(left.wasUnderWay) - Number(right.wasUnderWay))
      assert.deepStrictEqual(second, { ...first!, wasUnderWay: true })
      yield* latch.open
      assert.deepInclude(yield* LoadRun.execute({ ...wanted, ...first! }), { runId: 1, attempt: 1 })
      assert.deepStrictEqual(yield* storedRuns, [{ attempts: 1, exitCode: 0, isFinished: true }])
    }),
  )

  inTheCluster(
    "waits for one process that loads its file for another source",
    { "a.csv": usersFile("a", 8) },
    (world) =>
      Effect.gen(function* () {
        const latch = yield* Latch.make()
        const source = yield* world.source
        const slow = { ...held(latch, header + someBytes)(source), uri: "s3://bucket/pre" }
        const single = yield* Effect.forkScoped(Effect.provideService(Pipeline.run(options), Source, slow))
        yield* awaitUsers
        const running = yield* Effect.forkScoped(load())
        yield* Effect.sleep("1 second")
        yield* latch.open
        assert.deepInclude((yield* Fiber.join(single)).totals, { read: 8, inserted: 8 })
        assert.deepInclude((yield* Fiber.join(running)).totals, { read: 0 })
      }),
  )

  inTheCluster("is not loaded by one process beside it, which says what to do", files, (world) =>
    Effect.gen(function* () {
      const latch = yield* Latch.make()
      world.change = held(latch, header + someBytes)
      const running = yield* Effect.forkScoped(load())
      yield* awaitUsers
      const error = yield* Effect.flip(alone(world))
      assert.strictEqual(error.message, `Run 1 loads ${sourceUri} in a cluster. Follow it, or cancel it and run again.`)
      yield* latch.open
      assert.deepInclude((yield* Fiber.join(running)).totals, { read: records })
      assert.deepInclude((yield* alone(world)).totals, { read: 0 })
    }),
  )

  for (const isSplit of [false, true]) {
    inTheCluster(
      `that was cancelled is gone on with by one process, whatever wakes up meanwhile (files ${isSplit ? "" : "not "}split)`,
      files,
      (world) =>
        Effect.gen(function* () {
          const latch = yield* cancelled(world, isSplit)
          const slowly = yield* Latch.make()
          world.change = held(slowly, header + someBytes)
          const going = yield* Effect.forkScoped(alone(world))
          yield* Effect.sleep("200 millis")
          yield* latch.open
          yield* Effect.sleep("1 second")
          yield* slowly.open
          const summary = yield* Fiber.join(going)
          assert.deepStrictEqual([summary.runId, summary.attempt, exitCode(summary)], [1, 2, 0])
          assert.deepInclude(summary.totals, { read: records, inserted: records })
          const sql = yield* PgClient.PgClient
          assert.deepStrictEqual(yield* sql`select from etl_checkpoints`, [])
        }),
    )
  }

  inTheCluster("goes on with what one process has left half done", files, (world) =>
    Effect.gen(function* () {
      world.change = breaking(["a.csv", "c.csv"], 70)
      const broken = yield* alone(world)
      assert.strictEqual(exitCode(broken), 5)
      world.change = (source) => source
      const summary = yield* load({ splitSize })
      assert.deepStrictEqual([summary.runId, summary.attempt, exitCode(summary)], [1, 2, 0])
      assert.deepInclude(summary.totals, { read: records, inserted: records })
    }),
  )
})
