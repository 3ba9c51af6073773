import { PgClient } from "@effect/sql-pg"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Ref, Schema, Stream } from "effect"
import type { Chunk } from "../../src/domain/Chunk.ts"
import { RowSet } from "../../src/domain/rows/RowSet.ts"
import { plainFormat } from "../../src/domain/Format.ts"
import { shares } from "../../src/domain/Lane.ts"
import { addCounts, noRecords, unaccounted } from "../../src/domain/RunSummary.ts"
import * as MemoryRepo from "../../src/memory/MemoryRepo.ts"
import { firstInstant } from "../../src/domain/Moment.ts"
import { Stopwatch } from "../../src/observability/Stopwatch.ts"
import { RejectRepo } from "../../src/repo/RejectRepo.ts"
import { type Attempt, type LoadRef, type PartRef, RunRepo } from "../../src/repo/RunRepo.ts"
import { UserRepo } from "../../src/repo/UserRepo.ts"
import { header, makeUser, SmallUser, start } from "../utils/records.ts"
import { clear, commit, embedded, native, repos } from "../utils/repos.ts"
import { tries } from "../utils/tries.ts"

/** A bad value as it is kept. */
interface Kept {
  readonly runId: number
  readonly byteOffset: number
  readonly line: number
  readonly column: string
  readonly message: string
  readonly value: string | null
}

/** What a database and the memory are asked. */
class Stored extends Context.Service<
  Stored,
  {
    /** Empties the tables. */
    readonly clear: Effect.Effect<void>
    /** The bad values of a file, in the order of its records. `runId` is 0 in memory. */
    readonly values: (fileId: number) => Effect.Effect<ReadonlyArray<Kept>>
  }
>()("test/Stored") {}

/** Users called Bo are refused at COMMIT: what was written before that is taken back. */
const refuseBo = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  yield* sql`
    create function refuse_bo() returns trigger language plpgsql as $$
    begin
      if new.first_name = 'Bo' then raise exception 'no Bo here'; end if;
      return new;
    end $$`
  yield* sql`
    create constraint trigger no_bo after insert or update on users deferrable initially deferred
    for each row execute function refuse_bo()`
})

const inDatabase = <E>(database: Layer.Layer<PgClient.PgClient, E>) =>
  Layer.effect(
    Stored,
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      yield* refuseBo
      return {
        clear: Effect.orDie(Effect.provideService(clear, PgClient.PgClient, sql)),
        values: (fileId: number) =>
          Effect.orDie(sql<Kept>`
            select run_id::float8 as "runId", byte_offset::float8 as "byteOffset", line::float8 as line, "column", message, value
            from etl_bad_values where file_id = ${fileId} order by byte_offset, "column"`),
      }
    }),
  ).pipe(Layer.provideMerge(repos(database)))

/** Refuses what the trigger does. */
const choosy = Layer.effect(
  UserRepo,
  Effect.map(UserRepo, (users) =>
    UserRepo.of({
      ...users,
      upsert: (share) => {
        const isBo = ({ user }: (typeof share.records)[number]) => user.first_name === "Bo"
        const records = share.records.filter((record) => !isBo(record))
        const reasons = [{ column: null, message: "no Bo here" }]
        const refused = share.records.filter(isBo).map((record) => ({ record, reasons }))
        return Effect.map(users.upsert({ ...share, records, winners: RowSet.of(records).winners }), (outcome) => ({
          ...outcome,
          refused,
        }))
      },
    }),
  ),
)

const inMemory = Layer.effect(
  Stored,
  Effect.map(MemoryRepo.Tables, ({ badValues }) => ({
    clear: Effect.void,
    values: (fileId: number) =>
      Effect.map(Ref.get(badValues), (all) =>
        all
          .filter((value) => value.fileId === fileId)
          .map(({ byteOffset, line, reason: { column, message, value = null } }): Kept => ({
            runId: 0,
            byteOffset,
            line,
            column: column!,
            message,
            value,
          }))
          .toSorted((left, right) => left.byteOffset - right.byteOffset || (left.column < right.column ? -1 : 1)),
      ),
  })),
).pipe(Layer.provideMerge(choosy), Layer.provideMerge(MemoryRepo.layer))

const Columns = Schema.Literals(["created_at", "status", "ip_address", "last_name"])

/** A record, and its columns whose values are bad. */
const Drawn = Schema.Tuple([SmallUser, Schema.UndefinedOr(Schema.UniqueArray(Columns))])

const ChunkSize = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10 }))
const Connections = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4 }))

const position = (index: number) => ({ byteOffset: start.byteOffset + index * 10, line: start.line + index })

const reasonOf = (column: string) => ({ column, message: "is odd", value: `${column} \\u0000` })

const makeChunks = (records: ReadonlyArray<typeof Drawn.Type>, size: number): ReadonlyArray<Chunk> =>
  Array.from({ length: Math.ceil(records.length / size) }, (_, number): Chunk => {
    const first = number * size
    const part = records.slice(first, first + size)
    return {
      rows: RowSet.of(
        part.map(([fields, columns], index) => {
          const user = makeUser(fields)
          return {
            user,
            instant: firstInstant(user.updated_at),
            fileId: 1,
            ...position(first + index),
            raw: header,
            blanked: columns?.map(reasonOf),
          }
        }),
      ).rows,
      rejects: [],
      from: position(first),
      to: position(first + part.length),
      header,
      format: plainFormat,
      isLast: false,
    }
  })

let files = 0
const nextUri = () => `/bad${files++}.csv`

/** Takes a file for a new attempt of a run, and begins its load where none is begun. */
const takeFile = Effect.fnUntraced(function* (uri: string, { force = false, source = "test" } = {}) {
  const runs = yield* RunRepo
  const request = { source, mapping: "m", force }
  const attempt = yield* Effect.scoped(runs.begin(request))
  const file = { uri, fingerprint: "1", size: 1 }
  const [registered] = yield* runs.register(attempt.runId, request, [file])
  const taken = yield* runs.take(attempt.runId, request, registered!)
  if (taken.parts[0]!.resume === undefined) {
    yield* runs.beginFile(taken, { header, format: plainFormat, parts: [{ start, end: undefined }], maxRecordSize: 64 })
  }
  return { ...taken, ...taken.parts[0]!, attempt }
})

const endRun = (attempt: Attempt) =>
  Effect.flatMap(RunRepo, (runs) =>
    runs.end(attempt, { isFinished: true, exitCode: 0, milliseconds: 0, stages: new Stopwatch().times }),
  )

/** Commits chunks as that many connections do. Returns the counts, and where refused records begin. */
const commitChunks = Effect.fnUntraced(function* (part: PartRef, chunks: ReadonlyArray<Chunk>, connections: number) {
  let counts = noRecords
  const refused = new Set<number>()
  for (const chunk of chunks) {
    for (const share of shares(chunk, connections, [])) {
      const outcome = yield* commit(part, share)
      counts = addCounts(counts, outcome.counts)
      for (const { byteOffset } of outcome.refused) refused.add(byteOffset)
    }
  }
  return { counts, refused }
})

const expectedOf = (chunks: ReadonlyArray<Chunk>, refused: ReadonlySet<number>, runId: number): ReadonlyArray<Kept> =>
  chunks
    .flatMap(({ rows }) => RowSet.all(rows).records)
    .filter(({ byteOffset }) => !refused.has(byteOffset))
    .flatMap(({ blanked = [], byteOffset, line }) =>
      blanked
        .map(({ column, message, value }) => ({ runId, byteOffset, line, column: column!, message, value: value! }))
        .toSorted((left, right) => (left.column < right.column ? -1 : 1)),
    )

for (const [name, stored, times] of [
  ["PostgreSQL", inDatabase(native), tries(20, 60)],
  ["PGlite", inDatabase(embedded), tries(5, 30)],
  ["memory", inMemory, tries(50, 200)],
] as const) {
  const isMemory = name === "memory"
  const runIdOf = ({ runId }: LoadRef) => (isMemory ? 0 : runId)

  layer(stored as Layer.Layer<Stored | RunRepo | UserRepo, unknown>, { timeout: "60 seconds" })(
    `bad values on ${name}`,
    (it) => {
      it.effect.prop(
        "are counted and kept once each, but for those of records that are refused, whatever the chunks and connections",
        { records: Schema.Array(Drawn).check(Schema.isMaxLength(25)), chunkSize: ChunkSize, connections: Connections },
        ({ chunkSize, connections, records }) =>
          Effect.gen(function* () {
            const tables = yield* Stored
            const runs = yield* RunRepo
            yield* tables.clear
            const part = yield* takeFile(nextUri())
            const chunks = makeChunks(records, chunkSize)
            const { counts, refused } = yield* commitChunks(part, chunks, connections)
            const expected = expectedOf(chunks, refused, runIdOf(part))
            assert.deepStrictEqual(yield* tables.values(part.fileId), expected)
            assert.strictEqual(counts.blanked, expected.length)
            assert.strictEqual(unaccounted(counts), 0)
            assert.deepStrictEqual(yield* runs.fileCounts(part), counts)
            assert.deepStrictEqual(yield* runs.finishPart(part), counts)
            assert.deepStrictEqual(yield* runs.totals(part.runId), counts)
            yield* endRun(part.attempt)
          }),
        { arbitrary: { runs: times } },
      )

      it.effect("belong to the run that takes the file over, and a new load replaces them", () =>
        Effect.gen(function* () {
          const tables = yield* Stored
          const runs = yield* RunRepo
          yield* tables.clear
          const uri = nextUri()
          const user = {
            email: "a@example.com",
            first_name: null,
            updated_at: null,
            ip_address: null,
            status: null,
            extra: null,
          } as const
          const chunks = makeChunks(
            [
              [user, ["status", "created_at"]],
              [user, ["status"]],
            ],
            1,
          )
          const first = yield* takeFile(uri)
          yield* commitChunks(first, chunks.slice(0, 1), 1)

          const second = yield* takeFile(uri, { source: "other" })
          assert.notStrictEqual(second.runId, first.runId)
          assert.deepStrictEqual(
            yield* tables.values(second.fileId),
            expectedOf(chunks.slice(0, 1), new Set(), runIdOf(second)),
          )
          assert.strictEqual((yield* runs.totals(first.runId)).blanked, 0)
          yield* commitChunks(second, chunks.slice(1), 1)
          assert.strictEqual((yield* runs.finishPart(second)).blanked, 3)
          yield* endRun(second.attempt)

          const third = yield* takeFile(uri, { source: "other", force: true })
          assert.deepStrictEqual(yield* tables.values(third.fileId), [])
          assert.strictEqual((yield* runs.fileCounts(third)).blanked, 0)
          yield* commitChunks(third, chunks.slice(0, 1), 1)
          assert.strictEqual((yield* runs.totals(third.runId)).blanked, 2)
          assert.deepStrictEqual(
            yield* tables.values(third.fileId),
            expectedOf(chunks.slice(0, 1), new Set(), runIdOf(third)),
          )
        }),
      )
    },
  )
}

const user = {
  email: "a@example.com",
  first_name: null,
  updated_at: null,
  ip_address: null,
  status: null,
  extra: null,
} as const

layer(repos(native))("bad values in PostgreSQL", (it) => {
  it.effect("commit with their users, or nothing does", () =>
    Effect.gen(function* () {
      yield* clear
      const sql = yield* PgClient.PgClient
      const part = yield* takeFile(nextUri())
      const chunks = makeChunks([[user, ["status"]]], 1)
      yield* sql`alter table etl_bad_values add constraint none check (false)`
      const failed = yield* Effect.flip(commitChunks(part, chunks, 1))
      assert.strictEqual(failed._tag, "DatabaseError")
      assert.deepStrictEqual(yield* sql`select from users`, [])
      yield* sql`alter table etl_bad_values drop constraint none`
      assert.deepInclude((yield* commitChunks(part, chunks, 1)).counts, { read: 1, inserted: 1, blanked: 1 })
      const again = yield* Effect.flip(commitChunks(part, chunks, 1))
      assert.include(again.message, "has moved")
      assert.strictEqual((yield* sql`select from etl_bad_values`).length, 1)
    }),
  )

  it.effect("of any number are written, listed in their order, and deleted", () =>
    Effect.gen(function* () {
      yield* clear
      const rejects = yield* RejectRepo
      const runs = yield* RunRepo
      const long = yield* takeFile(nextUri())
      const columns = ["status", "last_name", "created_at", "ip_address"] as const
      const chunks = makeChunks(
        Array.from({ length: 3_000 }, () => [user, columns] as const),
        3_000,
      )
      const { counts } = yield* commitChunks(long, chunks, 1)
      assert.strictEqual(counts.blanked, 12_000)
      yield* runs.finishPart(long)
      const short = yield* takeFile(nextUri())
      yield* commitChunks(short, makeChunks([[user, ["status"]]], 1), 1)
      const other = yield* takeFile(nextUri(), { source: "other" })
      yield* commitChunks(other, makeChunks([[user, ["status"]]], 1), 1)

      const { runId } = long
      const files = yield* rejects.badValues.files(runId)
      assert.deepStrictEqual(
        files.map(({ fileId, values }) => [fileId, values]),
        [
          [long.fileId, 12_000],
          [short.fileId, 1],
        ],
      )
      const sorted = columns.toSorted()
      const listed = yield* Stream.runCollect(rejects.badValues.list(runId, files))
      assert.deepStrictEqual(
        listed.map(({ byteOffset, file, line, reason: { column } }) => ({
          fileId: file.fileId,
          byteOffset,
          line,
          column,
        })),
        [
          ...Array.from({ length: 12_000 }, (_, index) => ({
            fileId: long.fileId,
            ...position(Math.floor(index / 4)),
            column: sorted[index % 4]!,
          })),
          { fileId: short.fileId, ...start, column: "status" },
        ],
      )
      assert.deepStrictEqual(listed[0]!.reason, reasonOf("created_at"))
      assert.deepStrictEqual(yield* rejects.badValues.runs(5), [other.runId, runId])
      assert.deepStrictEqual(yield* rejects.runs(5), [])
      assert.strictEqual(yield* rejects.badValues.delete(runId), 12_001)
      assert.deepStrictEqual(yield* rejects.badValues.files(runId), [])
      assert.deepStrictEqual(yield* rejects.badValues.runs(5), [other.runId])
    }),
  )
})
