import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Schema, type Scope, Stream } from "effect"
import { gzipSync } from "node:zlib"
import * as ColumnMapping from "../../src/domain/ColumnMapping.ts"
import { exitCode } from "../../src/domain/RunSummary.ts"
import { GeoLocator } from "../../src/geo/GeoLocator.ts"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import * as Rejects from "../../src/pipeline/Rejects.ts"
import { Locks } from "../../src/postgres/locks.ts"
import { UserRepo } from "../../src/repo/UserRepo.ts"
import { Source } from "../../src/source/Source.ts"
import * as Testing from "../../src/testing.ts"
import { embedded, native, repos } from "../utils/repos.ts"
import { tries } from "../utils/tries.ts"
import { dayOf, updateTexts } from "../utils/updates.ts"
import { commitSteps, type Loss, watchedServer } from "../utils/watchedServer.ts"

const mapping = ColumnMapping.make({ email: "email", name: "first_name", day: "updated_at", ip: "ip_address" })
const all = { _tag: "Percent", percent: 100 } as const
const header = "email,name,day,ip"

const users = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  return yield* sql`
    select email, first_name, updated_at, ip_address, updated, city, updated_instant from users order by email`
})

/** Loads files, each by itself: the repository wraps ours, which may not get users of several files. */
const alone = Layer.effect(
  UserRepo,
  Effect.map(UserRepo, (ours) => UserRepo.of({ ...ours, upsert: (share) => ours.upsert(share) })),
)

type Files = Readonly<Record<string, string | Uint8Array>>

/** Loads files with a service that knows one address, and tells what is to be seen of it. */
const load = Effect.fnUntraced(function* (files: Files) {
  const summary = yield* Pipeline.run({ mapping, maxRejects: all }).pipe(
    Effect.provide([Source.fromBytes(files), Testing.layerGeo({ "8.8.8.8": { city: "Eight" } })]),
  )
  return {
    users: yield* users,
    code: exitCode(summary),
    files: summary.files.map(({ counts, error, state, uri }) => ({
      uri,
      state,
      error,
      read: counts.read,
      rejected: counts.rejected,
      written: counts.inserted + counts.updated + counts.unchanged + counts.stale + counts.duplicate,
    })),
    waiting: summary.addresses.waiting,
    inserted: summary.totals.inserted,
    rejectedFor: summary.rejectedFor.toSorted((left, right) => left.reason.localeCompare(right.reason)),
    rejects: (yield* Stream.runCollect(Rejects.stream(summary.runId))).map(({ file, length, line, reasons }) => ({
      uri: file.uri,
      line,
      length,
      reasons,
    })),
  }
})

const Line = Schema.Tuple([
  Schema.Literals(["a@example.com", "b@example.com", "c@example.com", "nobody"]),
  Schema.Literals(["Ada", "Bo"]),
  Schema.Literals(updateTexts),
  Schema.Literals(["", "8.8.8.8", "9.9.9.9", "10.0.0.1"]),
])
const File = Schema.Struct({
  header: Schema.Literals([header, header, header, header, "mail", ""]),
  lines: Schema.Array(Line).check(Schema.isMaxLength(5)),
  isCompressed: Schema.Boolean,
})

const bytesOf = ({ header, isCompressed, lines }: typeof File.Type): Uint8Array => {
  const text = [header, ...lines.map(([email, name, day, ip]) => [email, name, dayOf(day), ip].join())].join("\n")
  return isCompressed ? gzipSync(text) : Buffer.from(text)
}

const databases = [
  ["a server", repos(native), tries(8, 60)],
  ["the embedded database", repos(embedded), tries(1, 20)],
] as const

/** Runs a test with the repositories of a server that is watched. */
const withServer = <A, E>(
  test: (
    server: Effect.Success<typeof watchedServer>,
  ) => Effect.Effect<A, E, Layer.Success<ReturnType<typeof repos>> | Scope.Scope>,
) =>
  Effect.gen(function* () {
    const server = yield* watchedServer
    return yield* Effect.provide(test(server), repos(server.client))
  }).pipe(Effect.scoped)

const without = (files: Files, options: Partial<Pipeline.PipelineOptions> = {}) =>
  Pipeline.run({ mapping, ...options }).pipe(Effect.provide([Source.fromBytes(files), GeoLocator.none]))

/** So many files, of three records each: every user is in two of them. */
const manyFiles = (count: number): Files =>
  Object.fromEntries(
    Array.from({ length: count }, (_, file) => [
      `${String(file).padStart(3, "0")}.csv`,
      [header, ...[0, 1, 2].map((line) => `user${(file * 3 + line) >> 1}@example.com,Ada${line},,`)].join("\n"),
    ]),
  )

describe("small files", () => {
  for (const [name, repositories, runs] of databases) {
    it.live.prop(
      `leave in ${name} together what they leave each by itself`,
      { files: Schema.Array(File).check(Schema.isMinLength(1), Schema.isMaxLength(7)) },
      Effect.fnUntraced(function* ({ files }) {
        const named = Object.fromEntries(files.map((file, index) => [`${index}.csv`, bytesOf(file)]))
        const together = yield* load(named).pipe(Effect.provide(Layer.fresh(repositories)), Effect.scoped)
        const expected = yield* load(named).pipe(
          Effect.provide(Layer.provideMerge(alone, Layer.fresh(repositories))),
          Effect.scoped,
        )
        assert.deepStrictEqual(together, expected)
      }),
      { arbitrary: { runs } },
    )
  }

  it.live("are locked, taken and committed by one statement each", () =>
    withServer(({ texts }) =>
      Effect.gen(function* () {
        const { totals } = yield* without(manyFiles(100))
        assert.deepInclude(totals, { read: 300, inserted: 150, duplicate: 150 })
        assert.deepStrictEqual(commitSteps(texts.filter((text) => text.includes("files as"))), ["one statement"])
        const about = (part: string) => texts.filter((text) => text.includes(part)).length
        assert.deepStrictEqual([about("try_advisory_lock"), about("fence = fence + 1")], [2, 1])
      }),
    ),
  )

  for (const loss of ["statement", "answer"] as const) {
    it.live(`count once, and as they are, where the ${loss} of their commit is lost`, () =>
      withServer(({ state }) =>
        Effect.gen(function* () {
          let isLost = false
          state.lose = (text): Loss | undefined => {
            if (isLost || !text.includes("files as") || !text.includes("etl_require")) return undefined
            isLost = true
            return loss
          }
          const { files, totals } = yield* without(manyFiles(4))
          assert.isTrue(isLost)
          assert.deepInclude(totals, { read: 12, inserted: 6, duplicate: 6 })
          assert.isTrue(files.every(({ counts, state }) => state === "loaded" && counts.read === 3))
        }),
      ),
    )
  }

  it.live("that another process has wait for it, and no others do", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const loaded = sql`select from etl_files where loaded_at is not null`
      const running = yield* Effect.gen(function* () {
        // Numbers begin with 1 in a new database.
        yield* (yield* Locks).take("file 2", { warning: "waiting" })
        const running = yield* Effect.forkDetach(without(manyFiles(5)))
        yield* Effect.repeat(Effect.delay(loaded, "50 millis"), { until: (rows) => rows.length === 4 })
        yield* Effect.sleep("300 millis")
        assert.lengthOf(yield* loaded, 4)
        return running
      }).pipe(Effect.scoped, Effect.provide(Layer.fresh(Locks.layer)))
      const { files } = yield* Fiber.join(running)
      assert.deepStrictEqual(
        files.map(({ name, state }) => [name, state]),
        Object.keys(manyFiles(5)).map((name) => [name, "loaded"]),
      )
    }).pipe(Effect.provide(repos(native)), Effect.scoped),
  )

  it.live("of which the database refuses a record lose that record only", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      yield* sql`alter table users add check (first_name <> 'Bo')`
      const line = (name: string, first: string) =>
        `${header}\n${name}1@example.com,Ada,,\n${name}2@example.com,${first},,`
      const { files } = yield* without({
        "1.csv": line("a", "Ada"),
        "2.csv": line("b", "Bo"),
        "3.csv": line("c", "Ada"),
      })
      assert.deepStrictEqual(
        files.map(({ counts: { inserted, rejected }, state }) => [state, inserted, rejected]),
        [
          ["loaded", 2, 0],
          ["loaded", 1, 1],
          ["loaded", 2, 0],
        ],
      )
    }).pipe(Effect.provide(repos(native)), Effect.scoped),
  )

  it.live("that stop the run do so where they would by themselves, and the rest is left", () =>
    Effect.gen(function* () {
      const bad = `${header}\nnobody,Ada,,`
      const files = { "1.csv": `${header}\na@example.com,Ada,,`, "2.csv": bad, "3.csv": bad, "4.csv": bad }
      const maxRejects = { _tag: "Records", records: 1 } as const
      const stopped = yield* without(files, { maxRejects, concurrency: 1 })
      assert.strictEqual(exitCode(stopped), 4)
      assert.deepStrictEqual(
        stopped.files.map(({ state }) => state),
        ["loaded", "loaded", "open", "open"],
      )
      const finished = yield* without(files, { maxRejects: all })
      assert.deepInclude(finished, { runId: stopped.runId, attempt: 2 })
      assert.deepInclude(finished.totals, { read: 4, rejected: 3 })
    }).pipe(Effect.provide(repos(native)), Effect.scoped),
  )

  it.live("stop the run where one of them has too many rejects, though those after it have none", () =>
    Effect.gen(function* () {
      const file = (rejected: number, file: number) =>
        [
          header,
          ...Array.from({ length: 100 }, (_, line) => (line < rejected ? "nobody,,," : `u${file}-${line}@x.org,,,`)),
        ].join("\n")
      const files = Object.fromEntries(
        Array.from({ length: 20 }, (_, number) => [`${number + 10}.csv`, file(number < 10 ? 15 : 0, number)]),
      )
      const stopped = yield* without(files, { concurrency: 1 })
      assert.deepInclude(stopped, { stopped: true })
      assert.deepInclude(stopped.totals, { read: 1_000, rejected: 150 })
    }).pipe(Effect.provide(repos(native)), Effect.scoped),
  )

  it.live("are read twice at most, whichever of them are loaded alone", () =>
    Effect.gen(function* () {
      const text = (file: number) => (file % 3 === 0 ? "mail\n" : `${header}\n${file}@example.com,,,`)
      const files = Object.fromEntries(Array.from({ length: 60 }, (_, file) => [`${file + 10}.csv`, text(file)]))
      let reads = 0
      const counting = Layer.effect(
        Source,
        Effect.map(Source, (source) =>
          Source.of({
            ...source,
            read: (file, from) => {
              reads++
              return source.read(file, from)
            },
          }),
        ),
      ).pipe(Layer.provide(Source.fromBytes(files)))
      const { files: ended } = yield* Pipeline.run({ mapping }).pipe(Effect.provide([counting, GeoLocator.none]))
      assert.lengthOf(
        ended.filter(({ state }) => state === "failed"),
        20,
      )
      assert.strictEqual(reads, 80)
    }).pipe(Effect.provide(repos(native)), Effect.scoped),
  )

  it.live("that two processes have of each other are loaded by both", () =>
    Effect.gen(function* () {
      const database = yield* watchedServer
      const names = Array.from("abcdefgh")
      const files = Object.fromEntries(names.map((name) => [`${name}.csv`, `${header}\n${name}@example.com,,,`]))
      // Four of this size are a group.
      const size = 250 * 1024
      const source = (uri: string, isReversed: boolean) =>
        Layer.effect(
          Source,
          Effect.map(Source, (source) => {
            const listed = Stream.runCollect(Stream.map(source.files, (file) => ({ ...file, size })))
            return Source.of({
              ...source,
              uri,
              files: Stream.fromIterableEffect(
                Effect.map(listed, (all) => (isReversed ? [...all.slice(4), ...all.slice(0, 4)] : all)),
              ),
              read: (file, from) => Stream.onStart(source.read(file, from), Effect.sleep("200 millis")),
            })
          }),
        ).pipe(Layer.provide(Source.fromBytes(files)))
      const run = (uri: string, isReversed: boolean) =>
        Pipeline.run({ mapping }).pipe(
          Effect.provide([source(uri, isReversed), GeoLocator.none, Layer.fresh(repos(database.client))]),
          Effect.scoped,
        )
      const ended = yield* Effect.all([run("one:", false), run("two:", true)], { concurrency: 2 }).pipe(
        Effect.timeout("30 seconds"),
      )
      assert.strictEqual(
        ended.reduce((sum, { totals }) => sum + totals.read, 0),
        8,
      )
    }).pipe(Effect.scoped),
  )

  it.live("of an earlier run that began none of them are this run's", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const files = { "1.csv": `${header}\nnobody,,,`, "2.csv": `${header}\na@example.com,,,`, "3.csv": `${header}\n` }
      const maxRejects = { _tag: "Records", records: 0 } as const
      const stopped = yield* without(files, { maxRejects, concurrency: 1 })
      const { "1.csv": _, ...rest } = files
      const { runId, totals } = yield* without(rest, { mapping: ColumnMapping.make({ email: "email" }) })
      assert.deepStrictEqual([stopped.runId, runId, totals.read], [1, 2, 1])
      const owners = yield* sql<{ run: number }>`select run_id::integer as run from etl_files order by id`
      assert.deepStrictEqual(
        owners.map(({ run }) => run),
        [1, 2, 2],
      )
    }).pipe(Effect.provide(repos(native)), Effect.scoped),
  )

  it.live("tell of each which of its addresses have a place, and which wait for the service", () =>
    Effect.gen(function* () {
      const geo = Testing.layerGeo({ "8.8.8.8": { city: "Eight" } })
      const line = (name: string, ip: string) => `${name}@example.com,Ada,,${ip}\n`
      const run = (files: Files) =>
        Pipeline.run({ mapping }).pipe(
          Effect.provide([Source.fromBytes(files), geo]),
          Effect.map((summary) => [
            ...summary.files.map(({ located, queued }) => [located, queued]),
            summary.addresses.remembered,
            summary.addresses.service,
          ]),
        )
      const first = {
        "1.csv": `${header}\n${line("a", "8.8.8.8")}${line("b", "9.9.9.9")}`,
        "2.csv": `${header}\n${line("c", "10.0.0.1")}`,
      }
      assert.deepStrictEqual(yield* run(first), [[0, 2], [0, 0], 0, 2])
      const second = {
        "3.csv": `${header}\n${line("d", "8.8.8.8")}${line("e", "8.8.8.8")}${line("f", "9.9.9.9")}`,
        "4.csv": `${header}\n${line("g", "8.8.8.8")}${line("h", "1.1.1.1")}`,
      }
      assert.deepStrictEqual(yield* run(second), [[1, 0], [1, 1], 2, 1])
    }).pipe(Effect.provide(repos(native)), Effect.scoped),
  )
})
