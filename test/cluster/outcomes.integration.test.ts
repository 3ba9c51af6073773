import { PgClient } from "@effect/sql-pg"
import { assert, describe } from "@effect/vitest"
import { Effect, Latch, Stream } from "effect"
import { RunFailed } from "../../src/cluster/LoadRun.ts"
import { finish } from "../../src/cluster/runActivities.ts"
import { exitCode } from "../../src/domain/RunSummary.ts"
import { SourceError } from "../../src/domain/SourceFile.ts"
import { breaking, inTheCluster, load, storedEmails, storedRuns, usersFile, wanted } from "../utils/cluster.ts"

const small = { "a.csv": usersFile("a", 3), "b.csv": usersFile("b", 5) }

describe("a run of the cluster", () => {
  inTheCluster("whose file cannot be read loads the others; the next attempt loads it", small, (world) =>
    Effect.gen(function* () {
      world.change = breaking(["b.csv"], 30)
      const failed = yield* load()
      assert.strictEqual(exitCode(failed), 5)
      assert.deepStrictEqual(
        failed.files.map(({ name, state, error }) => [name, state, error]),
        [
          ["a.csv", "loaded", null],
          ["b.csv", "failed", "the line went dead"],
        ],
      )
      assert.deepStrictEqual(yield* storedRuns, [{ attempts: 1, exitCode: 5, isFinished: false }])

      world.change = (source) => source
      const again = yield* load()
      assert.deepStrictEqual([again.runId, again.attempt, exitCode(again)], [failed.runId, 2, 0])
      assert.deepInclude(again.totals, { read: 8, inserted: 8 })
      assert.deepStrictEqual(
        again.files.map(({ state, error }) => [state, error]),
        [
          ["loaded", null],
          ["loaded", null],
        ],
      )
      assert.deepStrictEqual(yield* storedRuns, [{ attempts: 2, exitCode: 0, isFinished: true }])
    }),
  )

  inTheCluster("whose file breaks while it is split loads the others; the next attempt splits it", small, (world) =>
    Effect.gen(function* () {
      world.change = breaking(["b.csv"], 30)
      const failed = yield* load({ splitSize: 25 })
      assert.deepStrictEqual(
        failed.files.map(({ state }) => state),
        ["loaded", "failed"],
      )
      world.change = (source) => source
      const again = yield* load({ splitSize: 25 })
      assert.deepStrictEqual([exitCode(again), again.totals.read], [0, 8])
      assert.lengthOf(yield* storedEmails, 8)
    }),
  )

  inTheCluster("goes on without a file that is not there any more", small, (world) =>
    Effect.gen(function* () {
      world.change = breaking(["b.csv"], 30)
      yield* load()
      world.change = (source) => source
      world.files = { "a.csv": small["a.csv"] }
      const again = yield* load()
      assert.deepStrictEqual(
        again.files.map(({ name, state }) => [name, state]),
        [["a.csv", "loaded"]],
      )
      assert.deepStrictEqual(yield* storedRuns, [{ attempts: 2, exitCode: 0, isFinished: true }])
    }),
  )

  inTheCluster(
    "that has too many rejects stops; with a larger limit it goes on",
    { "a.csv": `email,name\n${"nobody,\n".repeat(6)}`, "b.csv": usersFile("b", 5) },
    () =>
      Effect.gen(function* () {
        const stopped = yield* load({ maxRejects: { _tag: "Records", records: 2 } })
        assert.isTrue(stopped.stopped)
        assert.strictEqual(exitCode(stopped), 4)
        assert.include(
          stopped.files.map(({ state }) => state),
          "open",
        )
        assert.deepStrictEqual(yield* storedRuns, [{ attempts: 1, exitCode: 4, isFinished: false }])
        const all = yield* load({ maxRejects: { _tag: "Records", records: 6 } })
        assert.deepStrictEqual([all.runId, all.attempt, exitCode(all)], [stopped.runId, 2, 3])
        assert.deepInclude(all.totals, { read: 11, inserted: 5, rejected: 6 })
      }),
  )

  inTheCluster(
    "stops for a share of rejects, though it falls again with the files that are left",
    {
      "a.csv": `email,name\n${"nobody,\n".repeat(1_200)}`,
      ...Object.fromEntries(
        Array.from({ length: 30 }, (_, index) => [`b${index}.csv`, usersFile(`b${index}x`, 2_000)]),
      ),
    },
    (world) =>
      Effect.gen(function* () {
        // What one worker has found, the others know a few seconds later.
        world.change = (source) => ({
          ...source,
          read: (file, from) =>
            Stream.unwrap(Effect.delay(Effect.succeed(source.read(file, from)), file.name === "a.csv" ? 0 : 500)),
        })
        const stopped = yield* load({ chunkSize: 1_000, maxRejects: { _tag: "Percent", percent: 10 } })
        assert.deepStrictEqual([stopped.stopped, exitCode(stopped)], [true, 4])
        assert.isBelow(stopped.files.filter(({ state }) => state === "loaded").length, 20)
      }),
  )

  inTheCluster(
    "has too many rejects also where no file has too many by itself",
    { "a.csv": "email,name\nnobody,\n", "b.csv": "email,name\nnobody,\n" },
    (world) =>
      Effect.gen(function* () {
        // Neither is read before both are begun.
        const both = yield* Latch.make()
        let begun = 0
        world.change = (source) => ({
          ...source,
          read: (file, from) =>
            Stream.unwrap(
              Effect.gen(function* () {
                if (++begun === 2) yield* both.open
                yield* both.await
                return source.read(file, from)
              }),
            ),
        })
        const stopped = yield* load({ maxRejects: { _tag: "Records", records: 1 } })
        assert.strictEqual(stopped.totals.rejected, 2)
        assert.strictEqual(exitCode(stopped), 4)
      }),
  )

  inTheCluster("that has nothing to do says so", small, () =>
    Effect.gen(function* () {
      const first = yield* load()
      const second = yield* load()
      assert.notStrictEqual(second.runId, first.runId)
      assert.deepStrictEqual(
        second.files.map(({ state }) => state),
        ["skipped", "skipped"],
      )
      assert.deepInclude(second.totals, { read: 0 })
      assert.strictEqual(exitCode(second), 0)
    }),
  )

  inTheCluster("loads again with --force, every record once", small, () =>
    Effect.gen(function* () {
      yield* load()
      for (const splitSize of [1_000_000, 25]) {
        const forced = yield* load({ force: true, splitSize })
        assert.deepInclude(forced.totals, { read: 8, unchanged: 8 })
        assert.strictEqual(exitCode(forced), 0)
      }
      assert.deepStrictEqual(
        (yield* storedRuns).map(({ isFinished }) => isFinished),
        [true, true, true],
      )
    }),
  )

  inTheCluster("that was forced and broke goes on where it stood", small, (world) =>
    Effect.gen(function* () {
      yield* load()
      world.change = breaking(["b.csv"], 40)
      const broken = yield* load({ force: true })
      assert.strictEqual(exitCode(broken), 5)
      world.change = (source) => source
      const forced = yield* load({ force: true })
      assert.deepStrictEqual([forced.runId, forced.attempt], [broken.runId, 2])
      assert.deepInclude(forced.totals, { read: 8, unchanged: 8 })
    }),
  )

  const long = "x".repeat(81)
  inTheCluster(
    "keeps each bad value once, of whole files and of parts, also where they are loaded again",
    { "a.csv": `${usersFile("a", 3)}c@b.cd,${long}\n`, "b.csv": usersFile("b", 9).replaceAll("Ada", long) },
    () =>
      Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const kept = sql`select count(*)::int as kept, count(distinct run_id)::int as runs from etl_bad_values`
        const job = { format: { delimiter: ",", onBadValue: "null" } } as const
        for (const changes of [{ splitSize: 300 }, { force: true }, { force: true, splitSize: 300 }]) {
          const { files, totals } = yield* load({ ...job, ...changes })
          assert.deepInclude(totals, { read: 13, rejected: 0, blanked: 10 })
          assert.deepStrictEqual(
            files.map(({ counts }) => counts.blanked),
            [1, 9],
          )
          assert.deepStrictEqual(yield* kept, [{ kept: 10, runs: 1 }])
        }
        yield* load({ force: true, maxRejects: { _tag: "Percent", percent: 100 } })
        assert.deepStrictEqual(yield* kept, [{ kept: 0, runs: 0 }])
      }),
  )

  const stopping = { "a.csv": "email,name\nno,\na@example.com,A\nno,\nb@example.com,B\n" }
  inTheCluster("refuses to go on with another mapping", stopping, () =>
    Effect.gen(function* () {
      const none = { _tag: "Records", records: 0 } as const
      assert.deepInclude(yield* load({ maxRejects: none }), { stopped: true })
      const error = yield* Effect.flip(load({ mapping: [["email", "email"]] }))
      assert.instanceOf(error, RunFailed)
      assert.deepInclude(error, { exitCode: 2 })
      assert.include((error as RunFailed).message, "started loading with another column mapping")
      assert.deepInclude((yield* storedRuns)[1], { exitCode: 2, isFinished: false })
      assert.deepInclude((yield* load()).totals, { read: 4, rejected: 2 })
    }),
  )

  inTheCluster("whose source is gone fails as a run of one process does, and may be tried again", small, (world) =>
    Effect.gen(function* () {
      const gone = new SourceError({ operation: "list", uri: "s3://bucket/prefix", message: "there is no such bucket" })
      world.change = (source) => ({ ...source, files: Stream.fail(gone) })
      const error = yield* Effect.flip(load())
      assert.deepInclude(error, { _tag: "RunFailed", exitCode: 5, message: "there is no such bucket" })
      assert.deepStrictEqual(yield* storedRuns, [{ attempts: 1, exitCode: 5, isFinished: false }])
      world.change = (source) => source
      assert.deepInclude(yield* load(), { attempt: 2, runId: 1 })
    }),
  )

  for (const [where, splitSize] of [
    ["loaded", 1_000_000],
    ["split", 25],
  ] as const) {
    inTheCluster(`ends by a defect while a file is ${where}, and tells it`, small, (world) =>
      Effect.gen(function* () {
        world.change = (source) => ({
          ...source,
          read: () => {
            throw new Error("odd \0 \ud800 bytes")
          },
        })
        const error = yield* Effect.flip(load({ splitSize })).pipe(Effect.timeout("20 seconds"))
        assert.deepInclude(error, { _tag: "RunFailed", exitCode: 1 })
        assert.include((error as RunFailed).message, "odd")
        assert.deepStrictEqual(yield* storedRuns, [{ attempts: 1, exitCode: 1, isFinished: false }])
      }),
    )
  }

  inTheCluster("whose last step is done again, since its answer was lost, ends as it did", small, () =>
    Effect.gen(function* () {
      const summary = yield* load()
      const { attempt, runId } = summary
      const plan = { start: Date.now(), files: [], skipped: [] }
      const again = yield* finish({ ...wanted, attempt, runId }, plan, [])
      assert.deepStrictEqual([again.totals, exitCode(again)], [summary.totals, 0])
      assert.deepStrictEqual(yield* storedRuns, [{ attempts: 1, exitCode: 0, isFinished: true }])
    }),
  )

  inTheCluster("leaves nothing behind that only it needed", small, () =>
    Effect.gen(function* () {
      yield* load({ splitSize: 25 })
      const sql = yield* PgClient.PgClient
      assert.deepStrictEqual(yield* sql`select from etl_parts`, [])
      assert.deepStrictEqual(yield* sql`select from etl_checkpoints`, [])
    }),
  )
})
