import { isDeepStrictEqual } from "node:util"
import { PgClient } from "@effect/sql-pg"
import { assert, describe, layer } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer, Ref, Schema } from "effect"
import type { Address } from "../../src/domain/Address.ts"
import type { Winner } from "../../src/domain/UserRecord.ts"
import * as Extra from "../../src/domain/Extra.ts"
import type { Location } from "../../src/domain/Location.ts"
import { instantText } from "../../src/domain/Moment.ts"
import type { User } from "../../src/domain/User.ts"
import * as MemoryRepo from "../../src/memory/MemoryRepo.ts"
import * as Repositories from "../../src/postgres/Repositories.ts"
import { UserRepo, type UserShare } from "../../src/repo/UserRepo.ts"
import { place } from "../../src/testing.ts"
import { ip } from "../utils/addresses.ts"
import { makeUser, makeVersion, shareVersions, SmallVersion } from "../utils/records.ts"
import { native } from "../utils/repos.ts"
import { tries } from "../utils/tries.ts"
import {
  compareUpdates,
  dayOf,
  updateOf,
  type UpdateText,
  updateTexts,
  utcTexts,
  type Version,
  versionAt,
} from "../utils/updates.ts"

// Promise 3, to the microsecond: of an e-mail's records the one with the greatest (instant of `updated_at`, file, byte
// offset) is kept, in PostgreSQL and in memory, whatever the chunks are and in whatever order they come.

/** A row of `users`, as far as versions differ here. `micros`: the instant, since 1970. */
interface Row {
  readonly email: string
  readonly first_name: string | null
  readonly updated_at: string | null
  readonly ip_address: string | null
  readonly status: boolean | null
  readonly extra: string | null
  readonly updated: boolean
  readonly micros: bigint | null
}

const microsOf = (instant: Version["instant"]): bigint | null =>
  instant && BigInt(instant.seconds) * 1_000_000n + BigInt(instant.micros)

const inPostgres = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const rows = yield* sql<Omit<Row, "extra"> & { readonly extra: Readonly<Record<string, string>> | null }>`
    select email, first_name, updated_at::date::text as updated_at, ip_address, status, extra, updated,
      (extract(epoch from coalesce(updated_instant, case when pg_typeof(updated_at) <> 'date'::regtype then updated_at::timestamptz end))
        * 1000000)::bigint as micros
    from users order by email collate "C"`
  return rows.map((row): Row => Object.assign(row, { extra: row.extra && Extra.make(row.extra) }))
})

/** Where the rows came from: equal in both where each share is ahead of others. */
const positionsInPostgres = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  return yield* sql`
    select file_id as "fileId", byte_offset::float8 as "byteOffset" from users order by email collate "C"`
})

const makeMemory = Effect.gen(function* () {
  const context = yield* Layer.build(Layer.fresh(MemoryRepo.layerUsers))
  const { users } = Context.get(context, MemoryRepo.Tables)
  const rows = Effect.map(Ref.get(users), (stored) =>
    [...stored.keys()].sort().map((key): Row => {
      const { instant, updated, user } = stored.get(key)!
      const { email, extra, first_name, updated_at, ip_address, status } = user
      return { email, first_name, updated_at, ip_address, status, extra, updated, micros: microsOf(instant) }
    }),
  )
  const positions = Effect.map(Ref.get(users), (stored) =>
    [...stored.keys()].sort().map((key) => {
      const { byteOffset, fileId } = stored.get(key)!
      return { fileId, byteOffset }
    }),
  )
  const forgetInstants = Ref.update(
    users,
    (stored) => new Map([...stored].map(([email, row]) => [email, { ...row, instant: null }])),
  )
  return { upsert: Context.get(context, UserRepo).upsert, rows, positions, forgetInstants }
})

/** Makes all rows such as an earlier version of the program wrote. */
const forgetInstants = Effect.gen(function* () {
  yield* (yield* PgClient.PgClient)`update users set updated_instant = null`
})

const clear = Effect.gen(function* () {
  yield* (yield* PgClient.PgClient)`truncate users`
})

const chunksOf = (versions: ReadonlyArray<SmallVersion>, chunkSize: number, fileId: number) =>
  shareVersions(versions.map(makeVersion), chunkSize).map(
    ({ users: { records, winners } }): Omit<UserShare, "isAhead"> => ({
      records: records.map((record) => ({ ...record, fileId })),
      winners: winners.map((winner): Winner => ({ ...winner, fileId })),
      places: new Map(),
    }),
  )

interface Arrival {
  readonly files: ReadonlyArray<ReadonlyArray<SmallVersion>>
  readonly chunkSize: number
  readonly picks: ReadonlyArray<number>
}

/** The chunks of the files, numbered from `first` on; those of a file come in its order, and files in any. */
const arrive = ({ chunkSize, files, picks }: Arrival, first = 1): ReadonlyArray<UserShare> => {
  const waiting = files.map((versions, index) => chunksOf(versions, chunkSize, first + index))
  const arrived: Array<UserShare> = []
  for (let turn = 0; waiting.some((chunks) => chunks.length > 0); turn++) {
    const open = waiting.filter((chunks) => chunks.length > 0)
    const chunks = open[picks[turn % picks.length]! % open.length]!
    const isAhead = waiting.slice(0, waiting.indexOf(chunks)).some((earlier) => earlier.length > 0)
    arrived.push({ ...chunks.shift()!, isAhead })
  }
  return arrived
}

/** As if before each of them others were still to be read. */
const allAhead = (shares: ReadonlyArray<UserShare>): ReadonlyArray<UserShare> =>
  shares.map((share) => ({ ...share, isAhead: true }))

/** The columns in which versions can differ: instants are none. */
const columnsOf = ({ ip_address, updated_at, ...columns }: SmallVersion) => ({
  ...columns,
  ip_address: ip_address && ip(ip_address),
  updated_at: dayOf(updated_at),
})

const rowOf = (last: SmallVersion, all: ReadonlyArray<SmallVersion>): Row => {
  const columns = columnsOf(last)
  const update = updateOf(last.updated_at)
  return {
    ...columns,
    updated: all.some((version) => !isDeepStrictEqual(columnsOf(version), columns)),
    micros: update && BigInt(update[1]) * 1_000_000n + BigInt(update[2]),
  }
}

const latest = (versions: ReadonlyArray<SmallVersion>): SmallVersion =>
  versions.reduce((left, right) => (compareUpdates(right.updated_at, left.updated_at) >= 0 ? right : left))

/** By e-mail, in order. */
const expected = (
  versions: ReadonlyArray<SmallVersion>,
  toRow = (all: ReadonlyArray<SmallVersion>): Row => rowOf(latest(all), all),
): ReadonlyArray<Row> => {
  const byEmail = Map.groupBy(versions, ({ email }) => email)
  return [...byEmail.keys()].sort().map((email) => toRow(byEmail.get(email)!))
}

/** Writes shares to both, which count the same. */
const upsertBoth = Effect.fnUntraced(function* (
  memory: Effect.Success<typeof makeMemory>,
  shares: ReadonlyArray<UserShare>,
) {
  const { upsert } = yield* UserRepo
  for (const share of shares) assert.deepStrictEqual(yield* upsert(share), yield* memory.upsert(share))
})

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** Of few users with little to tell: equal versions are the rule. */
const Versions = (texts: ReadonlyArray<UpdateText>) =>
  Schema.Array(
    Schema.Struct({
      ...SmallVersion.fields,
      email: Schema.Literals(["a@example.com", "b@example.com"]),
      ip_address: Schema.Null,
      status: Schema.Null,
      updated_at: Schema.Literals(texts),
    }),
  ).check(Schema.isMaxLength(14))

const Arrival = (texts: ReadonlyArray<UpdateText>) => ({
  files: Schema.Array(Versions(texts)).check(Schema.isMinLength(1), Schema.isMaxLength(4)),
  chunkSize: between(1, 8),
  picks: Schema.Array(between(0, 11)).check(Schema.isMinLength(1), Schema.isMaxLength(12)),
})

const repo = Repositories.layerUsers.pipe(Layer.provideMerge(native))

layer(repo, { timeout: "60 seconds" })("the latest instant wins", (it) => {
  it.effect.prop(
    "whatever the chunks are, and in whatever order they come",
    Arrival(updateTexts),
    (arrival) =>
      Effect.gen(function* () {
        yield* clear
        const memory = yield* makeMemory
        yield* upsertBoth(memory, arrive(arrival))
        const rows = expected(arrival.files.flat())
        assert.deepStrictEqual(yield* inPostgres, rows)
        assert.deepStrictEqual(yield* memory.rows, rows)
      }),
    { arbitrary: { runs: tries(40, 300) } },
  )

  it.effect.prop(
    "over rows without an instant days decide, in PostgreSQL as in memory",
    { before: Versions(updateTexts), ...Arrival(updateTexts) },
    ({ before, ...arrival }) =>
      Effect.gen(function* () {
        yield* clear
        const memory = yield* makeMemory
        // Neither the first file nor the last: positions decide on a tie.
        yield* upsertBoth(memory, allAhead(arrive({ files: [before], chunkSize: 3, picks: [0] }, 3)))
        yield* forgetInstants
        yield* memory.forgetInstants
        yield* upsertBoth(memory, allAhead(arrive(arrival)))
        assert.deepStrictEqual(yield* inPostgres, yield* memory.rows)
        assert.deepStrictEqual(yield* positionsInPostgres, yield* memory.positions)
      }),
    { arbitrary: { runs: tries(40, 300) } },
  )

  it.effect.prop(
    "what comes after rows without an instant depends on the input alone, where each day is that of its instant",
    { before: Versions(utcTexts), ...Arrival(utcTexts) },
    ({ before, ...arrival }) =>
      Effect.gen(function* () {
        yield* clear
        const { upsert } = yield* UserRepo
        for (const share of arrive({ files: [before], chunkSize: 20, picks: [0] })) yield* upsert(share)
        yield* forgetInstants
        const old = new Map((yield* inPostgres).map((row) => [row.email, row]))
        for (const share of arrive(arrival, 2)) yield* upsert(share)
        const rows = expected([...before, ...arrival.files.flat()], (all) => {
          const versions = arrival.files.flat().filter(({ email }) => email === all[0]!.email)
          const row = old.get(all[0]!.email)
          const newer = versions.filter(({ updated_at }) => (dayOf(updated_at) ?? "") >= (row?.updated_at ?? ""))
          const { updated } = rowOf(all[0]!, all)
          return newer.length === 0 ? { ...row!, updated } : { ...rowOf(latest(newer), newer), updated }
        })
        assert.deepStrictEqual(yield* inPostgres, rows)
      }),
    { arbitrary: { runs: tries(40, 300) } },
  )

  /** A chunk of one record, in a file. */
  const write = Effect.fnUntraced(function* (
    { instant, user }: Version,
    fileId: number,
    { isAhead = false, places = new Map<Address, Location>() } = {},
  ) {
    const winner = { user, instant, fileId, byteOffset: 7 }
    const records = [{ ...winner, line: 2, raw: new Uint8Array() }]
    const { upsert } = yield* UserRepo
    const { refused: _, ...counts } = yield* upsert({ records, winners: [winner], isAhead, places })
    return Object.entries(counts).find(([, count]) => count === 1)?.[0]
  })

  const ada = makeUser({ first_name: "Ada", ip_address: "8.8.8.8" })
  const bo = { ...ada, first_name: "Bo" }

  /** All that a row is, and which writing of it that is. */
  const stored = Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    const [row] = yield* sql<Record<string, unknown>>`
      select *, updated_at::text, updated_instant::text, migrated_at::text, xmin::text from users`
    return row!
  })

  it.effect("an equal record with a later instant writes instant and position only, and is unchanged", () =>
    Effect.gen(function* () {
      yield* clear
      yield* write(versionAt(ada, "2020-01-01"), 2)
      const before = yield* stored
      assert.strictEqual(yield* write(versionAt(ada, "2020-01-01T10:30:00.000001Z"), 1), "unchanged")
      const { migrated_at, xmin, ...after } = yield* stored
      assert.deepStrictEqual(after, {
        ...(({ migrated_at: _, xmin: __, ...row }) => row)(before),
        updated_instant: "2020-01-01 10:30:00.000001+00",
        file_id: 1,
        byte_offset: 7n,
      })
      assert.notStrictEqual(xmin, before["xmin"])
      assert.notStrictEqual(migrated_at, before["migrated_at"])
      assert.strictEqual(after["updated"], false)
    }),
  )

  it.effect("an equal record with an earlier instant writes nothing, and what comes before it is stale", () =>
    Effect.gen(function* () {
      yield* clear
      yield* write(versionAt(ada, "2020-01-01T10:30:00.000001Z"), 1)
      const before = yield* stored
      assert.strictEqual(yield* write(versionAt(ada, "2020-01-01T10:30:00"), 2, { isAhead: true }), "unchanged")
      assert.deepStrictEqual(yield* stored, before)
      assert.strictEqual(yield* write(versionAt(bo, "2020-01-01T10:30:00"), 3), "stale")
      assert.deepInclude(yield* stored, { first_name: "Ada", updated: true, file_id: 1 })
    }),
  )

  it.effect("an equal record of the same instant moves the row only while earlier records are still to be read", () =>
    Effect.gen(function* () {
      yield* clear
      yield* write(versionAt(ada, "2020-01-01T10:30:00.000001Z"), 1)
      const before = yield* stored
      const same = versionAt(ada, "2020-01-01T10:30:00.0000019Z")
      assert.strictEqual(yield* write(same, 2), "unchanged")
      assert.deepStrictEqual(yield* stored, before)
      assert.strictEqual(yield* write(same, 3, { isAhead: true }), "unchanged")
      assert.deepInclude(yield* stored, { file_id: 3, updated_instant: before["updated_instant"] })
    }),
  )

  it.effect("a row without an instant takes that of an equal record, wherever it is", () =>
    Effect.gen(function* () {
      yield* clear
      yield* write(versionAt(ada, "2020-01-02"), 5)
      yield* forgetInstants
      assert.strictEqual(yield* write(versionAt(bo, "2020-01-02T04:30:00Z"), 4), "stale")
      const before = yield* stored
      assert.deepInclude(before, { first_name: "Ada", updated_instant: null, file_id: 5, updated: true })
      assert.strictEqual(yield* write(versionAt(bo, "2020-01-01T23:30:00-05:00"), 6, { isAhead: true }), "stale")
      assert.deepStrictEqual(yield* stored, before)
      // Earlier than the first instant of its day in UTC.
      assert.strictEqual(yield* write(versionAt(ada, "2020-01-02T00:30:00+14:00"), 4), "unchanged")
      assert.deepInclude(yield* stored, { updated_instant: "2020-01-01 10:30:00+00", file_id: 4 })
      assert.strictEqual(yield* write(versionAt(bo, "2020-01-02"), 3), "updated")
    }),
  )

  it.effect("an equal record with an earlier instant brings the place that the row lacks, and nothing else", () =>
    Effect.gen(function* () {
      yield* clear
      yield* write(versionAt(ada, "2020-01-01T10:30:00"), 1)
      const places = new Map([[ip("8.8.8.8"), place({ city: "Here" })]])
      assert.strictEqual(yield* write(versionAt(ada, "2020-01-01"), 2, { places }), "unchanged")
      assert.deepInclude(yield* stored, { city: "Here", file_id: 1, updated_instant: "2020-01-01 10:30:00+00" })
    }),
  )

  it.effect("a row that a trigger keeps as it is stays, and nothing is rejected", () =>
    Effect.gen(function* () {
      yield* clear
      const sql = yield* PgClient.PgClient
      yield* write(versionAt(ada, "2020-01-01"), 1)
      yield* sql`create or replace function keep() returns trigger language plpgsql as $$ begin return null; end $$`
      yield* sql`create trigger keep before update on users for each row execute function keep()`
      yield* Effect.gen(function* () {
        assert.strictEqual(yield* write(versionAt(ada, "2020-01-01T10:30:00"), 2), "unchanged")
        assert.strictEqual(yield* write(versionAt(bo, "2020-01-01T10:30:00"), 2), undefined)
      }).pipe(Effect.ensuring(Effect.orDie(sql`drop trigger keep on users`)))
    }),
  )

  it.effect("what another transaction writes meanwhile is compared as it is then", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const cy = { ...ada, first_name: "Cy" }
      for (const [meanwhile, outcome, first_name] of [
        ["2020-01-02T04:30:00Z", "stale", "Cy"],
        ["2020-01-01T10:30:00.000001Z", "updated", "Bo"],
      ] as const) {
        yield* clear
        yield* write(versionAt(ada, "2020-01-01"), 1)
        const isLocked = yield* Deferred.make<void>()
        const other = yield* Effect.forkChild(
          sql.withTransaction(
            Effect.gen(function* () {
              const { instant, user } = versionAt(cy, meanwhile)
              yield* sql`
                update users set first_name = ${user.first_name}, updated_at = ${user.updated_at}::text::date,
                  updated_instant = ${instantText(instant!)}::text::timestamptz, updated = true, file_id = 9`
              yield* Deferred.succeed(isLocked, undefined)
              const waiting = sql`select from pg_locks where not granted`
              while ((yield* waiting).length === 0);
            }),
          ),
          { startImmediately: true },
        )
        yield* Deferred.await(isLocked)
        assert.strictEqual(yield* write(versionAt(bo, "2020-01-02"), 2), outcome)
        yield* Fiber.join(other)
        assert.deepInclude(yield* stored, { first_name, updated: true })
      }
    }),
  )

  const Instant = Schema.Struct({
    seconds: Schema.Union([between(-62_135_596_740, 253_402_387_199), between(-2, 2)]),
    micros: Schema.Union([between(0, 999_999), Schema.Literals([0, 1, 999_999])]),
  })

  it.effect.prop(
    "instants are stored to the microsecond, those of the years 1 and 9999 too",
    { instants: Schema.Array(Instant).check(Schema.isMinLength(1), Schema.isMaxLength(40)) },
    ({ instants }) =>
      Effect.gen(function* () {
        yield* clear
        const winners = instants.map((instant, index): Winner => {
          const email = `${String(index).padStart(2, "0")}@example.com`
          return { user: makeUser({ email, updated_at: "2020-01-01" }), instant, fileId: 1, byteOffset: index }
        })
        yield* (yield* UserRepo).upsert({ records: [], winners, places: new Map(), isAhead: false })
        assert.deepStrictEqual(
          (yield* inPostgres).map(({ micros }) => micros),
          instants.map(microsOf),
        )
      }),
    { arbitrary: { runs: tries(20, 200) } },
  )
})

describe("an adopted updated_at", () => {
  for (const type of ["timestamp", "timestamptz"]) {
    const table = Layer.effectDiscard(
      Effect.gen(function* () {
        yield* (yield* PgClient.PgClient).unsafe(`create table users (email text not null, updated_at ${type})`)
      }),
    )
    const adopted = Repositories.layerUsers.pipe(Layer.provideMerge(Layer.provideMerge(table, native)))

    /** A row as another system has left it, with the time of day. */
    const leave = Effect.fnUntraced(function* ({ instant, user }: Version) {
      const { email, extra, first_name, ip_address, status } = user as User
      yield* (yield* PgClient.PgClient)`
        insert into users (email, first_name, ip_address, status, extra, updated_at, updated, migrated_at, file_id, byte_offset)
        values (${email}, ${first_name}, ${ip_address}, ${status}, ${extra}::text::jsonb,
          ${instant && instantText(instant)}::text::timestamptz, false, now(), 0, 0)`
    })

    layer(adopted, { timeout: "60 seconds" })(`of type ${type}`, (it) => {
      it.effect.prop(
        "is the instant of its row",
        { before: Versions(utcTexts), ...Arrival(updateTexts) },
        ({ before, ...arrival }) =>
          Effect.gen(function* () {
            yield* clear
            const rows = [...Map.groupBy(before, ({ email }) => email).values()].map((all) => all[0]!)
            for (const row of rows) yield* leave(makeVersion(row))
            const { upsert } = yield* UserRepo
            for (const share of arrive(arrival)) yield* upsert(share)
            assert.deepStrictEqual(yield* inPostgres, expected([...rows, ...arrival.files.flat()]))
          }),
        { arbitrary: { runs: tries(25, 200) } },
      )

      it.effect("is in UTC where it has no zone, whatever the time zone of the session", () =>
        Effect.gen(function* () {
          yield* clear
          const sql = yield* PgClient.PgClient
          const user = makeUser({ first_name: "Ada" })
          yield* leave(versionAt(user, "2020-01-01T10:30:00"))
          const { instant } = versionAt(user, "2020-01-01T10:30:00.000001Z")
          const winner = { user: makeUser({ first_name: "Bo", updated_at: "2020-01-01" }), fileId: 1, byteOffset: 7 }
          const { upsert } = yield* UserRepo
          const shareAt = (instant: Version["instant"]): UserShare => {
            return { records: [], winners: [{ ...winner, instant }], places: new Map(), isAhead: false }
          }
          yield* Effect.gen(function* () {
            yield* sql`set local time zone 'America/New_York'`
            assert.deepInclude(yield* upsert(shareAt({ ...instant!, seconds: instant!.seconds - 1 })), { stale: 1 })
            assert.deepInclude(yield* upsert(shareAt(instant)), { updated: 1 })
          }).pipe(sql.withTransaction)
        }),
      )

      it.effect("stays as it is where an equal record has a later instant", () =>
        Effect.gen(function* () {
          yield* clear
          const sql = yield* PgClient.PgClient
          const user = makeUser({ first_name: "Ada" })
          yield* leave(versionAt(user, "2020-01-01T10:30:00"))
          const { instant, user: later } = versionAt(user, "2020-01-01T10:30:00.000001Z")
          const winners = [{ user: later, instant, fileId: 1, byteOffset: 7 }]
          const outcome = yield* (yield* UserRepo).upsert({ records: [], winners, places: new Map(), isAhead: false })
          assert.deepInclude(outcome, { unchanged: 1 })
          assert.deepStrictEqual(
            yield* sql`
              select (updated_at = '2020-01-01 10:30') as kept, updated_instant::text as instant, file_id, updated from users`,
            [{ kept: true, instant: "2020-01-01 10:30:00.000001+00", file_id: 1, updated: false }],
          )
        }),
      )
    })
  }
})
