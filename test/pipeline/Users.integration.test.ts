import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Ref, Schema, Stream } from "effect"
import * as Locating from "../../src/pipeline/Locating.ts"
import * as Rejects from "../../src/pipeline/Rejects.ts"
import * as Users from "../../src/pipeline/Users.ts"
import { RunHistory } from "../../src/repo/RunHistory.ts"
import { type User, userColumns } from "../../src/domain/User.ts"
import * as Testing from "../../src/testing.ts"
import { makeUser, SmallUser } from "../utils/records.ts"
import { native, repos } from "../utils/repos.ts"
import { tries } from "../utils/tries.ts"

const Versions = Schema.Array(SmallUser).check(Schema.isMaxLength(20))

const names = Effect.gen(function* () {
  const { users } = yield* Testing.Tables
  return Object.fromEntries([...(yield* Ref.get(users))].map(([email, { user }]) => [email, user.first_name]))
})

describe("Users.upsert", () => {
  it.effect.prop(
    "the last version wins, over all calls, whatever the chunks are, and every user is counted",
    {
      calls: Schema.Array(Versions).check(Schema.isMaxLength(4)),
      chunkSize: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 8 })),
    },
    ({ calls, chunkSize }) =>
      Effect.gen(function* () {
        for (const users of calls) {
          const counts = yield* Stream.fromIterable(users.map(makeUser)).pipe(Users.upsert({ chunkSize }))
          const { duplicate, inserted, read, rejected, stale, unchanged, updated } = counts
          assert.deepStrictEqual([read, rejected], [users.length, 0])
          assert.strictEqual(inserted + updated + unchanged + stale + duplicate, read)
        }
        const all = calls.flat()
        const expected = [...Map.groupBy(all, ({ email }) => email)].map(([email, versions]) => {
          const newest = versions.map(({ updated_at }) => updated_at ?? "").reduce((a, b) => (a > b ? a : b))
          return [email, versions.findLast(({ updated_at }) => (updated_at ?? "") === newest)!.first_name]
        })
        assert.deepStrictEqual(yield* names, Object.fromEntries(expected))
      }).pipe(Effect.provide(Layer.fresh(Testing.layerRepo))),
    { arbitrary: { runs: tries(30, 200) } },
  )

  it.live("keeps the rejects of the database, what came before a failure, and the run", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      yield* sql`alter table users add constraint no_bo check (first_name <> 'Bo')`
      const users = ["Ada", "Bo", "Cy"].map((first_name) =>
        makeUser({ email: `${first_name.toLowerCase()}@example.com`, first_name }),
      )
      const counts = yield* Stream.fromIterable(users).pipe(Users.upsert({ source: "crm" }))
      assert.deepInclude(counts, { read: 3, inserted: 2, rejected: 1 })
      const rejects = yield* Stream.runCollect(Rejects.stream(1))
      assert.deepStrictEqual(
        rejects.map(({ file, line, raw }) => [file.uri, line, JSON.parse(new TextDecoder().decode(raw)).first_name]),
        [["crm", 2, "Bo"]],
      )

      const broken = Stream.concat(Stream.make(makeUser({ email: "d@example.com" })), Stream.fail("broken"))
      const error = yield* Effect.flip(broken.pipe(Users.upsert({ source: "crm", chunkSize: 1 })))
      assert.strictEqual(error, "broken")
      assert.strictEqual((yield* sql`select from users`).length, 3)

      // The next call of the source supersedes what is unfinished.
      assert.deepInclude(yield* Stream.make(users[0]!).pipe(Users.upsert({ source: "crm" })), { read: 1, unchanged: 1 })
      const { runs } = yield* (yield* RunHistory).latest(10)
      assert.deepStrictEqual(
        runs.map(({ source, state }) => [source, state]),
        [
          ["crm", "finished"],
          ["crm", "finished"],
        ],
      )
    }).pipe(Effect.provide(repos<unknown>(native)), Effect.scoped),
  )

  it.effect("leaves the places to Locating.run", () =>
    Effect.gen(function* () {
      const users = [makeUser({ ip_address: "9.9.9.9" })]
      yield* Stream.fromIterable(users).pipe(Users.upsert())
      const { addresses } = yield* Locating.run()
      assert.deepInclude(addresses, { located: 1, service: 1 })
      const { users: stored } = yield* Testing.Tables
      assert.deepStrictEqual(
        [...(yield* Ref.get(stored)).values()].map(({ location }) => location?.city),
        ["Nine"],
      )
    }).pipe(Effect.provide([Testing.layerRepo, Testing.layerGeo({ "9.9.9.9": { city: "Nine" } })])),
  )

  it.effect("rejects users that are not valid, each alone, with every reason", () =>
    Effect.gen(function* () {
      const good = makeUser({ email: "good@example.com" })
      const users = [
        { ...good, email: " Bad@Example.com" },
        { ...good, email: "a@example.com", created_at: "2024-02-31", first_name: "\ud800" },
        good,
        { email: "b@example.com" } as User,
      ]
      const counts = yield* Stream.fromIterable(users).pipe(Users.upsert())
      assert.deepInclude(counts, { read: 4, inserted: 1, rejected: 3 })
      const { rejects } = yield* Testing.Tables
      const kept = yield* Ref.get(rejects)
      assert.deepStrictEqual(
        kept.map(({ line, reasons }) => [line, reasons.map(({ column }) => column)]),
        [
          [1, ["email"]],
          [2, ["first_name", "created_at"]],
          [4, userColumns.filter((column) => column !== "email")],
        ],
      )
    }).pipe(Effect.provide(Testing.layerRepo)),
  )

  it.effect("refuses a chunk size out of bounds", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Stream.empty.pipe(Users.upsert({ chunkSize: 0 })))
      assert.match(String(error), /chunkSize: Expected a value between 1 and 100000/)
    }).pipe(Effect.provide(Testing.layerRepo)),
  )
})
