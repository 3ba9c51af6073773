import { PgClient } from "@effect/sql-pg"
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Stream } from "effect"
import * as ColumnMapping from "../../../src/domain/ColumnMapping.ts"
import { Stopwatch } from "../../../src/observability/Stopwatch.ts"
import { GeoLocator } from "../../../src/geo/GeoLocator.ts"
import * as Pipeline from "../../../src/pipeline/Pipeline.ts"
import * as Repositories from "../../../src/postgres/Repositories.ts"
import { RunRepo } from "../../../src/repo/RunRepo.ts"
import { Source } from "../../../src/source/Source.ts"
import { SourceError } from "../../../src/domain/SourceFile.ts"
import * as Testing from "../../../src/testing.ts"
import { native } from "../../utils/repos.ts"

const mapping = ColumnMapping.make({ email: "email" })
const options = { mapping, chunkSize: 2, maxRejects: { _tag: "Records", records: 1 } as const }

/** Two chunks are read of it before it has more rejects than may be. */
const lines = ["email", "a@example.com", "nobody", "b@example.com", "nobody", "c@example.com"]
const source = Testing.layerSource({ "1.csv": lines.map((line) => `${line}\n`).join("") })

/** The tables as the fifth migration left them: a file has one checkpoint, and its counts. */
const undoLanes = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  yield* sql`alter table etl_files add column byte_offset bigint not null default 0, add column line bigint not null default 1`
  yield* sql`
    update etl_files f set byte_offset = c.byte_offset, line = c.line, read = c.read, inserted = c.inserted, rejected = c.rejected
    from (
      select file_id, min(byte_offset) as byte_offset, min(line) as line, sum(read) as read, sum(inserted) as inserted,
        sum(rejected) as rejected
      from etl_checkpoints group by file_id
    ) c
    where f.id = c.file_id`
  yield* sql`drop function etl_require`
  yield* sql`drop table etl_checkpoints, etl_parts, etl_cluster_key, etl_bad_values`
  yield* sql`alter table etl_files drop column max_record_size, drop column error, drop column fence, drop column format,
    drop column blanked`
  yield* sql`
    alter table etl_runs drop column ended_at, drop column exit_code, drop column milliseconds, drop column stages,
      drop column problems, drop column execution, drop column cancelled_at, drop column job, drop column result,
      drop column blanked`
  yield* sql`alter table ip_locations drop column runs`
  yield* sql`delete from etl_migrations where migration_id >= 6`
})

it.live("a load that an earlier version began goes on where it stood, with what it counted", () =>
  Effect.gen(function* () {
    const stopped = yield* Pipeline.run(options)
    assert.deepInclude(stopped.totals, { read: 4, inserted: 2, rejected: 2 })
    yield* undoLanes
    const finished = yield* Pipeline.run({ ...options, maxRejects: { _tag: "Records", records: 2 } }).pipe(
      Effect.provide(Layer.fresh(Repositories.layer)),
    )
    assert.deepInclude(finished.files[0]!.counts, { read: 5, inserted: 3, rejected: 2 })
    assert.deepStrictEqual([finished.runId, finished.attempt], [stopped.runId, 2])
    const sql = yield* PgClient.PgClient
    assert.deepStrictEqual(yield* sql`select email from users order by email`, [
      { email: "a@example.com" },
      { email: "b@example.com" },
      { email: "c@example.com" },
    ])
    assert.deepStrictEqual(yield* sql`select from etl_checkpoints`, [])
  }).pipe(
    Effect.provide(Layer.mergeAll(source, GeoLocator.none, Repositories.layer.pipe(Layer.provideMerge(native)))),
    Effect.scoped,
  ),
)

it.live("how an attempt ended is kept, its time beside that of those before it", () =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    const history = sql<{ exit_code: number | null; ms: number; loading: number; isEnded: boolean }>`
      select exit_code, milliseconds::float8 as ms, (stages ->> 'load')::float8 as loading,
        ended_at is not null as "isEnded"
      from etl_runs`
    const stopped = yield* Pipeline.run(options)
    const [first] = yield* history
    assert.deepInclude(first, { exit_code: 4, ms: stopped.milliseconds, isEnded: true })
    assert.strictEqual(first!.loading, stopped.stages.load)

    const finished = yield* Pipeline.run({ ...options, maxRejects: { _tag: "Records", records: 2 } })
    const [last] = yield* history
    assert.deepInclude(last, { exit_code: 3, isEnded: true })
    assert.isAtLeast(last!.ms, stopped.milliseconds + finished.milliseconds)
    assert.isAtLeast(last!.loading, stopped.stages.load + finished.stages.load)
  }).pipe(
    Effect.provide(Layer.mergeAll(source, GeoLocator.none, Repositories.layer.pipe(Layer.provideMerge(native)))),
    Effect.scoped,
  ),
)

it.live("an attempt that was interrupted, or that failed, has ended too", () =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    const exitCodes = sql<{ exit_code: number | null }>`select exit_code from etl_runs`
    const endless = Testing.layerSource({ "1.csv": "email\na@example.com\n" })
    const isReading = yield* Deferred.make<void>()
    const stuck = Layer.effect(
      Source,
      Effect.map(Source, (source) =>
        Source.of({
          ...source,
          read: () => Stream.unwrap(Effect.andThen(Deferred.succeed(isReading, undefined), Effect.never)),
        }),
      ),
    ).pipe(Layer.provide(endless))
    const running = yield* Effect.forkScoped(Pipeline.run(options).pipe(Effect.provide(stuck)))
    yield* Deferred.await(isReading)
    assert.deepStrictEqual(yield* exitCodes, [{ exit_code: null }])
    yield* Fiber.interrupt(running)
    assert.deepStrictEqual(yield* exitCodes, [{ exit_code: 130 }])

    yield* sql`alter table users drop column city`
    const failed = yield* Effect.flip(Pipeline.run(options).pipe(Effect.provide(endless)))
    assert.strictEqual(failed._tag, "DatabaseError")
    assert.deepStrictEqual(yield* exitCodes, [{ exit_code: 6 }])
  }).pipe(
    Effect.provide(Layer.mergeAll(GeoLocator.none, Repositories.layer.pipe(Layer.provideMerge(native)))),
    Effect.scoped,
  ),
)

it.live("a run that is interrupted while only places are waited for is finished: etl locate goes on", () =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    const isAsked = yield* Deferred.make<void>()
    const silent = Layer.succeed(GeoLocator, {
      name: "silent",
      instant: undefined,
      service: {
        provider: "silent",
        batchSize: 1,
        concurrency: 1,
        requestsPerMinute: undefined,
        locate: () => Effect.andThen(Deferred.succeed(isAsked, undefined), Effect.never),
      },
    })
    const files = Testing.layerSource({ "1.csv": "email,ip\na@example.com,8.8.8.8\n" })
    const addresses = { ...options, mapping: ColumnMapping.make({ email: "email", ip: "ip_address" }) }
    const run = Pipeline.run(addresses).pipe(Effect.provide([files, silent]))
    const isLoaded = sql`select from etl_files where loaded_at is not null`.pipe(Effect.map((rows) => rows.length > 0))
    const running = yield* Effect.forkScoped(run)
    yield* Deferred.await(isAsked)
    while (!(yield* isLoaded)) yield* Effect.sleep("20 millis")
    yield* Fiber.interrupt(running)
    const runs = yield* sql`select exit_code::int, read::int, finished_at is not null as finished from etl_runs`
    assert.deepStrictEqual(runs, [{ exit_code: 130, read: 1, finished: false }])
  }).pipe(Effect.provide(Repositories.layer.pipe(Layer.provideMerge(native))), Effect.scoped),
)

it.live("an attempt ends itself alone, once: not the one that has begun since it was believed dead", () =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    const runs = yield* RunRepo
    const stored = sql<{ exitCode: number | null; isFinished: boolean; milliseconds: number }>`
      select exit_code::int as "exitCode", finished_at is not null as "isFinished", milliseconds::float8 as milliseconds
      from etl_runs`
    const begin = Effect.scoped(runs.begin({ source: "/data", mapping: "m", force: false }))
    const ending = { isFinished: false, exitCode: 6, milliseconds: 10, stages: new Stopwatch().times }
    const dead = yield* begin
    const living = yield* begin
    assert.deepStrictEqual(living, { ...dead, attempt: 2 })
    yield* runs.end(dead, ending)
    assert.deepStrictEqual(yield* stored, [{ exitCode: null, isFinished: false, milliseconds: 0 }])

    // As it stands where an earlier version, which clears nothing, began the attempt.
    yield* sql`update etl_runs set ended_at = attempted_at - interval '1 s', exit_code = 4`
    const ended = [{ exitCode: 0, isFinished: true, milliseconds: 10 }]
    for (const attempt of [living, living, dead]) {
      yield* runs.end(attempt, attempt === living ? { ...ending, isFinished: true, exitCode: 0 } : ending)
      assert.deepStrictEqual(yield* stored, ended)
    }
  }).pipe(Effect.provide(Repositories.layer.pipe(Layer.provideMerge(native))), Effect.scoped),
)

it.live("why a file failed is kept until it is tried again, whatever the message holds", () =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    const errors = Effect.map(sql<{ error: string | null }>`select error from etl_files order by id`, (rows) =>
      rows.map(({ error }) => error),
    )
    // A small file is loaded in one step, the other in chunks.
    const contents = { "1.csv": "email\na@example.com\n", "2.csv": `email\n${"b@example.com\n".repeat(20)}` }
    const problem = new SourceError({ operation: "list", uri: "3\0.csv", message: "3 \udfff" })
    const run = (failing: ReadonlyArray<string>) => {
      const failingSource = Layer.effect(
        Source,
        Effect.map(Source, (source) =>
          Source.of({
            ...source,
            files: failing.includes("listing")
              ? Stream.concat(
                  source.files,
                  Stream.succeed({ uri: "3\0.csv", name: "3.csv", fingerprint: "", size: 0, problem }),
                )
              : source.files,
            read: (file, from) =>
              failing.includes(file.name)
                ? Stream.fail(new SourceError({ operation: "read", uri: file.uri, message: `${file.name} \0 \ud800` }))
                : source.read(file, from),
          }),
        ),
      ).pipe(Layer.provide(Testing.layerSource(contents)))
      return Pipeline.run(options).pipe(Effect.provide(failingSource))
    }
    const problems = Effect.map(sql<{ problems: unknown }>`select problems from etl_runs`, ([run]) => run!.problems)
    const told = { uri: "3\ufffd.csv", error: "3 \ufffd" }

    yield* run(["1.csv", "2.csv", "listing"])
    assert.deepStrictEqual(yield* errors, ["1.csv \ufffd \ufffd", "2.csv \ufffd \ufffd"])
    assert.deepStrictEqual(yield* problems, [told])
    yield* run(["2.csv", "listing"])
    assert.deepStrictEqual(yield* errors, [null, "2.csv \ufffd \ufffd"])
    assert.deepStrictEqual(yield* problems, [told])
    const { attempt, files } = yield* run([])
    assert.deepStrictEqual([attempt, files.map(({ state }) => state)], [3, ["loaded", "loaded"]])
    assert.deepStrictEqual(yield* errors, [null, null])
    assert.isNull(yield* problems)
  }).pipe(
    Effect.provide(Layer.merge(GeoLocator.none, Repositories.layer.pipe(Layer.provideMerge(native)))),
    Effect.scoped,
  ),
)
