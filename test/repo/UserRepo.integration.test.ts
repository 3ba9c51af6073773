import { isDeepStrictEqual } from "node:util"
import { PgClient } from "@effect/sql-pg"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { addCounts, noRecords, unaccounted } from "../../src/domain/RunSummary.ts"
import { noPlaces } from "../../src/domain/rows/RowPlaces.ts"
import { RowSet } from "../../src/domain/rows/RowSet.ts"
import * as Extra from "../../src/domain/Extra.ts"
import type { User } from "../../src/domain/User.ts"
import { RunRepo } from "../../src/repo/RunRepo.ts"
import { place } from "../../src/testing.ts"
import {
  comparedColumns,
  filledUser,
  header,
  makeShares,
  makeUser,
  makeVersion,
  shareVersions,
  SmallVersion,
} from "../utils/records.ts"
import { clear, commit, embedded, native, newLoad, repos } from "../utils/repos.ts"
import { tries } from "../utils/tries.ts"
import { compareUpdates, dayOf, type Version, versionOf } from "../utils/updates.ts"
import { ip, ips } from "../utils/addresses.ts"

const loadVersions = Effect.fnUntraced(function* (versions: ReadonlyArray<Version>, chunkSize: number) {
  const runs = yield* RunRepo
  const load = yield* newLoad
  let total = noRecords
  for (const chunk of shareVersions(versions, chunkSize)) {
    const { counts } = yield* commit(load, chunk)
    total = addCounts(total, counts)
  }
  yield* runs.finishPart(load)
  return total
})

const loadFile = (users: ReadonlyArray<User>, chunkSize: number) => loadVersions(users.map(versionOf), chunkSize)

type Row = Pick<User, "email" | "first_name" | "updated_at" | "ip_address" | "status" | "extra"> & {
  readonly updated: boolean
}

const storedUsers = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const rows = yield* sql<Omit<Row, "extra"> & { readonly extra: Readonly<Record<string, string>> | null }>`
    select email, first_name, updated_at::text as updated_at, ip_address, status, extra, updated from users order by email`
  return rows.map((row): Row => Object.assign(row, { extra: row.extra && Extra.make(row.extra) }))
})

/** What "last version wins" promises, computed from all versions in the order of their files. */
const expectedUsers = (loads: ReadonlyArray<ReadonlyArray<SmallVersion>>): ReadonlyArray<Row> => {
  const versions = Map.groupBy(loads.flat(), ({ email }) => email)
  return [...versions.keys()].sort().map((email) => {
    const all = versions.get(email)!
    const last = all.reduce((left, right) => (compareUpdates(right.updated_at, left.updated_at) >= 0 ? right : left))
    const rowOf = ({ updated_at, ...columns }: SmallVersion) => ({ ...columns, updated_at: dayOf(updated_at) })
    const { extra, first_name, ip_address, status, updated_at } = rowOf(last)
    const updated = all.some((version) => !isDeepStrictEqual(rowOf(version), rowOf(last)))
    return { email, first_name, updated_at, ip_address: ip_address && ip(ip_address), status, extra, updated }
  })
}

const Versions = Schema.Array(SmallVersion).check(Schema.isMaxLength(25))
const ChunkSize = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10 }))

const Picks = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 }))).check(
  Schema.isMinLength(1),
  Schema.isMaxLength(12),
)

/** Additions to the table that refuse every user called Bo, until the scope closes. */
const refusals = [
  [
    "a constraint",
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      yield* Effect.acquireRelease(sql`alter table users add constraint no_bo check (first_name <> 'Bo')`, () =>
        Effect.orDie(sql`alter table users drop constraint no_bo`),
      )
    }),
  ],
  [
    "a silent trigger",
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      yield* sql`
        create or replace function skip_bo() returns trigger language plpgsql as $$
        begin
          if new.first_name = 'Bo' then return null; end if;
          return new;
        end $$`
      yield* Effect.acquireRelease(
        sql`create trigger no_bo before insert or update on users for each row execute function skip_bo()`,
        () => Effect.orDie(sql`drop trigger no_bo on users`),
      )
    }),
  ],
  ...(["", "constraint"] as const).map(
    (kind) =>
      [
        kind === "" ? "a trigger" : "a deferred trigger",
        Effect.gen(function* () {
          const sql = yield* PgClient.PgClient
          yield* sql`
            create or replace function refuse_bo() returns trigger language plpgsql as $$
            begin
              if new.first_name = 'Bo' then raise exception 'no % here', new.first_name; end if;
              return new;
            end $$`
          const timing = kind === "" ? "before insert or update" : "after insert or update"
          const deferral = kind === "" ? "" : "deferrable initially deferred"
          yield* Effect.acquireRelease(
            sql.unsafe(
              `create ${kind} trigger no_bo ${timing} on users ${deferral} for each row execute function refuse_bo()`,
            ),
            () => Effect.orDie(sql`drop trigger no_bo on users`),
          )
        }),
      ] as const,
  ),
] as const

for (const [name, database, times] of [
  ["PostgreSQL", native, tries(20, 60)],
  ["PGlite", embedded, tries(5, 30)],
] as const) {
  layer(repos<unknown>(database), { timeout: "60 seconds" })(`UserRepo on ${name}`, (it) => {
    it.effect.prop(
      "the last version wins, whatever the chunks are, and every record is accounted for",
      { loads: Schema.Array(Schema.Tuple([Versions, ChunkSize])).check(Schema.isMaxLength(4)) },
      ({ loads }) =>
        Effect.gen(function* () {
          yield* clear
          for (const [versions, chunkSize] of loads) {
            const counts = yield* loadVersions(versions.map(makeVersion), chunkSize)
            const { inserted, updated, unchanged, stale, duplicate } = counts
            assert.strictEqual(counts.read, versions.length)
            assert.strictEqual(inserted + updated + unchanged + stale + duplicate, counts.read)
          }
          assert.deepStrictEqual(yield* storedUsers, expectedUsers(loads.map(([versions]) => versions)))
        }),
      { arbitrary: { runs: times } },
    )

    it.effect.prop(
      "the last version wins where few of a chunk's users are stored already",
      { loads: Schema.Array(Versions).check(Schema.isMinLength(2), Schema.isMaxLength(3)) },
      ({ loads }) =>
        Effect.gen(function* () {
          yield* clear
          const others = loads.map((_, load) =>
            Array.from({ length: 100 }, (_, index) => `${"abcd"[index % 4]}${load}${index}@example.com`),
          )
          for (const [load, versions] of loads.entries()) {
            const users = others[load]!.map((email) => versionOf(makeUser({ email })))
            const all = [...versions.map(makeVersion), ...users]
            const { inserted, updated, unchanged, stale, duplicate } = yield* loadVersions(all, all.length)
            assert.strictEqual(inserted + updated + unchanged + stale + duplicate, all.length)
          }
          const rows = yield* storedUsers
          const emails = new Set(others.flat())
          assert.deepStrictEqual(
            rows.filter(({ email }) => !emails.has(email)),
            expectedUsers(loads),
          )
          assert.strictEqual(rows.filter(({ email }) => emails.has(email)).length, emails.size)
        }),
      { arbitrary: { runs: Math.ceil(times / 2) } },
    )

    it.effect.prop(
      "the last version wins, in whatever order the chunks of several files arrive",
      { loads: Schema.Array(Versions).check(Schema.isMaxLength(3)), chunkSize: ChunkSize, picks: Picks },
      ({ loads, chunkSize, picks }) =>
        Effect.gen(function* () {
          yield* clear
          const runs = yield* RunRepo
          const open = []
          for (const versions of loads) {
            open.push({ load: yield* newLoad, chunks: [...shareVersions(versions.map(makeVersion), chunkSize)] })
          }
          for (let turn = 0; open.length > 0; turn++) {
            const index = (picks[turn % picks.length] ?? 0) % open.length
            const { load, chunks } = open[index]!
            const chunk = chunks.shift()
            if (chunk !== undefined) yield* commit(load, chunk)
            if (chunks.length > 0) continue
            yield* runs.finishPart(load)
            open.splice(index, 1)
          }
          assert.deepStrictEqual(yield* storedUsers, expectedUsers(loads))
        }),
      { arbitrary: { runs: times } },
    )

    for (const [what, refuseBo] of refusals) {
      it.effect.prop(
        `records that ${what} refuses are rejected alone`,
        { versions: Versions, chunkSize: ChunkSize },
        ({ versions, chunkSize }) =>
          Effect.gen(function* () {
            const load = yield* newLoad
            const refused = []
            let read = 0
            for (const chunk of shareVersions(versions.map(makeVersion), chunkSize)) {
              const outcome = yield* commit(load, chunk)
              assert.strictEqual(unaccounted(outcome.counts), 0)
              assert.strictEqual(outcome.counts.rejected, outcome.refused.length)
              read += outcome.counts.read
              refused.push(...outcome.refused)
            }
            assert.strictEqual(read, versions.length)
            const isBo = ({ byteOffset }: { readonly byteOffset: number }) =>
              versions[byteOffset / 10 - 1]!.first_name === "Bo"
            assert.isTrue(refused.every(isBo))
            const withoutUpdated = (rows: ReadonlyArray<Row>) => rows.map(({ updated: _, ...row }) => row)
            const acceptable = versions.filter((version) => version.first_name !== "Bo")
            assert.deepStrictEqual(withoutUpdated(yield* storedUsers), withoutUpdated(expectedUsers([acceptable])))
            const sql = yield* PgClient.PgClient
            const kept = yield* sql<{ byteOffset: number; line: number; message: string }>`
              select byte_offset::int as "byteOffset", line::int, reasons->0->>'message' as message
              from etl_rejects order by byte_offset`
            assert.deepStrictEqual(
              kept.map(({ byteOffset, line }) => [byteOffset, line]),
              refused.map(({ byteOffset, line }) => [byteOffset, line]),
            )
            assert.isTrue(kept.every(({ message }) => /^refused by PostgreSQL.*(SQLSTATE|trigger)/.test(message)))
          }).pipe(Effect.provide(Layer.effectDiscard(Effect.andThen(clear, refuseBo)))),
        { arbitrary: { runs: Math.ceil(times / 3) } },
      )
    }

    it.effect("a reason has the column that PostgreSQL names", () =>
      Effect.gen(function* () {
        yield* clear
        const sql = yield* PgClient.PgClient
        yield* sql`alter table users alter column gender set not null`
        const outcome = yield* commit(yield* newLoad, makeShares([makeUser({})], 10)[0]!).pipe(
          Effect.ensuring(Effect.orDie(sql`alter table users alter column gender drop not null`)),
        )
        const reasons = outcome.refused.flatMap(({ reasons }) => reasons)
        assert.deepStrictEqual(
          reasons.map(({ column, message }) => [column, message]),
          [["gender", "was refused by PostgreSQL (SQLSTATE 23502)"]],
        )
      }),
    )

    it.effect("a user whose place cannot be stored is written without it", () =>
      Effect.gen(function* () {
        yield* clear
        const sql = yield* PgClient.PgClient
        yield* sql`alter table users add constraint no_paris check (city <> 'Paris')`
        const users = [makeUser({ ip_address: "8.8.8.8" }), makeUser({ email: "b@example.com" })]
        const known = new Map([[ip("8.8.8.8"), place({ city: "Paris" })]])
        const outcome = yield* commit(yield* newLoad, makeShares(users, 10)[0]!, {
          places: { byAddress: known },
          queue: [],
        })
        yield* sql`alter table users drop constraint no_paris`
        assert.deepStrictEqual(outcome.refused, [])
        assert.deepInclude(outcome.counts, { inserted: 2, rejected: 0 })
      }),
    )

    it.effect("rows that a trigger keeps out are found without a try for each record", () =>
      Effect.gen(function* () {
        yield* clear
        const sql = yield* PgClient.PgClient
        const users = Array.from({ length: 1_000 }, (_, index) =>
          makeUser({
            email: `${index}@example.com`,
            first_name: index % 3 === 0 ? "Bo" : "Ada",
            ip_address: "8.8.8.8",
          }),
        )
        yield* sql`create sequence statements`
        yield* sql`
          create or replace function skip_and_count() returns trigger language plpgsql as $$
          begin
            perform nextval('statements');
            if new.first_name = 'Bo' then return null; end if;
            return new;
          end $$`
        yield* sql`create trigger skip_and_count before insert on users for each row execute function skip_and_count()`
        const known = new Map([[ip("8.8.8.8"), place({})]])
        const outcome = yield* commit(yield* newLoad, makeShares(users, 1_000)[0]!, {
          places: { byAddress: known },
          queue: [],
        }).pipe(Effect.ensuring(Effect.orDie(sql`drop trigger skip_and_count on users`)))
        assert.deepInclude(outcome.counts, { inserted: 666, rejected: 334 })
        assert.include(outcome.refused[0]!.reasons[0]!.message, "a BEFORE trigger of users returns NULL for it")
        const [row] = yield* sql<{ calls: number }>`select nextval('statements')::int as calls`
        assert.isBelow(row!.calls, 5_000)
        yield* sql`drop sequence statements`
      }),
    )

    it.effect("users whose addresses a trigger keeps out of the queue are written", () =>
      Effect.gen(function* () {
        yield* clear
        const sql = yield* PgClient.PgClient
        yield* sql`create or replace function skip() returns trigger language plpgsql as $$ begin return null; end $$`
        yield* sql`create trigger skip before insert on ip_locations for each row execute function skip()`
        const users = makeShares([makeUser({ ip_address: "8.8.8.8" })], 10)[0]!
        const outcome = yield* commit(yield* newLoad, users, { places: noPlaces, queue: ips("8.8.8.8") }).pipe(
          Effect.ensuring(Effect.orDie(sql`drop trigger skip on ip_locations`)),
        )
        assert.deepInclude(outcome.counts, { inserted: 1 })
      }),
    )

    it.effect("an error of the database rejects nothing and changes nothing", () =>
      Effect.gen(function* () {
        yield* clear
        const sql = yield* PgClient.PgClient
        const load = yield* newLoad
        yield* sql`alter table users rename column gender to sex`
        const error = yield* Effect.flip(commit(load, makeShares([makeUser({})], 10)[0]!))
        yield* sql`alter table users rename column sex to gender`
        assert.deepInclude(error, { _tag: "DatabaseError", sqlState: "42703", retryable: false })
        assert.deepStrictEqual(
          yield* sql`select (select count(*) from users) + (select count(*) from etl_rejects) as n`,
          [{ n: 0n }],
        )
      }),
    )

    it.effect("an equal row is not written", () =>
      Effect.gen(function* () {
        yield* clear
        const sql = yield* PgClient.PgClient
        const users = [makeUser({ first_name: "Ada" }), makeUser({ email: "b@example.com", updated_at: "2020-01-01" })]
        yield* loadFile(users, 10)
        const versions = () => sql`select xmin::text, ctid::text, migrated_at from users order by email`
        const before = yield* versions()
        assert.deepInclude(yield* loadFile(users, 1), { read: 2, unchanged: 2 })
        assert.deepStrictEqual(yield* versions(), before)
      }),
    )

    it.effect.each(comparedColumns)("a version that differs in %s is written, and no other column with it", (column) =>
      Effect.gen(function* () {
        yield* clear
        const sql = yield* PgClient.PgClient
        const version = makeUser({ [column]: filledUser[column] })
        yield* loadFile([makeUser({})], 1)
        assert.deepInclude(yield* loadFile([version], 1), { read: 1, updated: 1 })
        assert.deepInclude(yield* loadFile([version], 1), { read: 1, unchanged: 1 })
        const [stored] = yield* sql<{
          user: Omit<User, "extra"> & { readonly extra: object | null }
        }>`select to_jsonb(users) as user from users`
        assert.deepInclude(stored!.user, {
          ...version,
          extra: version.extra === null ? null : Extra.toObject(version.extra),
        })
      }),
    )

    it.effect("a newer extra replaces the older one whole, and null is one", () =>
      Effect.gen(function* () {
        yield* clear
        const versions = [{ aa: "1", b: "2" }, { b: "3", aa: "1" }, { c: "4" }, {}]
        for (const [index, texts] of versions.entries()) {
          const outcome = index === 0 ? { inserted: 1 } : { updated: 1 }
          const extra = Extra.make(texts)
          assert.deepInclude(yield* loadFile([makeUser({ extra })], 1), outcome)
          assert.deepInclude((yield* storedUsers)[0], { extra, updated: index > 0 })
        }
        assert.deepInclude(yield* loadFile([makeUser({})], 1), { unchanged: 1 })
      }),
    )

    it.effect("an extra is equal whatever the order of its keys in the table", () =>
      Effect.gen(function* () {
        yield* clear
        const sql = yield* PgClient.PgClient
        const user = makeUser({ extra: Extra.make({ aa: "1", b: "2" }) })
        yield* loadFile([user], 1)
        yield* sql`update users set extra = '{ "b": "2", "aa": "1" }'`
        assert.deepInclude(yield* loadFile([user], 1), { unchanged: 1 })
        assert.deepInclude((yield* storedUsers)[0], { updated: false })
      }),
    )

    it.effect("an extra that PostgreSQL refuses costs its record alone", () =>
      Effect.gen(function* () {
        yield* clear
        const users = Array.from({ length: 20 }, (_, index) =>
          makeUser({ email: `${index}@example.com`, extra: index % 7 === 3 ? '{"a":"\\u0000"}' : `{"a":"${index}"}` }),
        )
        const { counts, refused } = yield* commit(yield* newLoad, makeShares(users, 20)[0]!)
        assert.deepInclude(counts, { read: 20, inserted: 17, rejected: 3 })
        for (const { reasons } of refused) {
          assert.deepStrictEqual(reasons, [
            {
              column: null,
              message: "refused by PostgreSQL (SQLSTATE 22P05)",
              detail: "unsupported Unicode escape sequence",
            },
          ])
        }
      }),
    )

    it.effect("a chunk is committed once, and all of it or nothing", () =>
      Effect.gen(function* () {
        yield* clear
        const sql = yield* PgClient.PgClient
        const runs = yield* RunRepo
        const load = yield* newLoad
        const chunk = makeShares([makeUser({ first_name: "Ada" })], 10)[0]!
        const reject = {
          byteOffset: 20,
          line: 3,
          raw: header,
          length: 99,
          reasons: [{ column: "email", message: "is odd" }],
        }
        const withReject = { ...chunk, rejects: [reject] }
        const nothing = { places: noPlaces, queue: [] }
        const { counts } = yield* commit(load, withReject, nothing)
        assert.deepInclude(counts, { read: 2, inserted: 1, rejected: 1 })

        const again = yield* Effect.flip(
          commit(
            load,
            { ...withReject, users: RowSet.of([{ ...chunk.users.records[0]!, user: makeUser({ first_name: "Bo" }) }]) },
            nothing,
          ),
        )
        assert.include(again.message, "has moved: another process loads it")
        assert.deepStrictEqual(
          (yield* storedUsers).map(({ first_name }) => first_name),
          ["Ada"],
        )
        assert.deepStrictEqual(
          yield* sql`select byte_offset::int, line::int, length::int, raw, reasons from etl_rejects`,
          [{ byte_offset: 20, line: 3, length: 99, raw: header, reasons: reject.reasons }],
        )
        assert.deepInclude(yield* runs.finishPart(load), { read: 2, inserted: 1, rejected: 1 })
      }),
    )

    it.effect("rejects of any size and number are written, with the message of a trigger cut", () =>
      Effect.gen(function* () {
        yield* clear
        const sql = yield* PgClient.PgClient
        const load = yield* newLoad
        const chunk = makeShares([makeUser({ first_name: "Bo" })], 10)[0]!
        const sizes = [1, 2 ** 20, 2 ** 19, 2 ** 19 - 1, ...Array.from({ length: 4_000 }, () => 3), 2 ** 20 + 1, 0]
        const rejects = sizes.map((length, index) => ({
          byteOffset: 100 + index,
          line: 10 + index,
          raw: new Uint8Array(length),
          length,
          reasons: [{ column: null, message: "is odd" }],
        }))
        yield* sql`
          create or replace function say_much() returns trigger language plpgsql as $$
          begin raise exception '%', repeat('😀', 100000); end $$`
        yield* Effect.acquireRelease(
          sql`create trigger say_much before insert on users for each row execute function say_much()`,
          () => Effect.orDie(sql`drop trigger say_much on users`),
        )
        const { refused } = yield* commit(load, { ...chunk, rejects })
        assert.strictEqual(refused[0]!.reasons[0]!.detail, `${"\u{1F600}".repeat(1_000)}... (cut)`)
        assert.deepStrictEqual(
          yield* sql`
            select byte_offset::int as "byteOffset", length::int as length, octet_length(raw) as bytes from etl_rejects
            where byte_offset >= 100 order by byte_offset`,
          rejects.map(({ byteOffset, length }) => ({ byteOffset, length, bytes: length })),
        )
      }),
    )

    it.effect("a place that arrives later completes an unchanged user", () =>
      Effect.gen(function* () {
        yield* clear
        const sql = yield* PgClient.PgClient
        const users = [makeUser({ ip_address: "8.8.8.8" })]
        yield* loadFile(users, 1)
        const known = new Map([[ip("8.8.8.8"), place({ city: "Here" })]])
        const { counts } = yield* commit(yield* newLoad, makeShares(users, 1)[0]!, {
          places: { byAddress: known },
          queue: [],
        })
        assert.deepInclude(counts, { unchanged: 1, updated: 0 })
        assert.deepStrictEqual(yield* sql`select city, updated from users`, [{ city: "Here", updated: false }])
      }),
    )
  })
}
