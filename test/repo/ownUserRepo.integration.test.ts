import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Result } from "effect"
import * as ColumnMapping from "../../src/domain/ColumnMapping.ts"
import { DatabaseError, fromSqlError } from "../../src/domain/DatabaseError.ts"
import type { Location } from "../../src/domain/Location.ts"
import { GeoLocator } from "../../src/geo/GeoLocator.ts"
import * as MemoryRepo from "../../src/memory/MemoryRepo.ts"
import * as Locating from "../../src/pipeline/Locating.ts"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import * as Repositories from "../../src/postgres/Repositories.ts"
import { UserRepo } from "../../src/repo/UserRepo.ts"
import * as Testing from "../../src/testing.ts"
import { native } from "../utils/repos.ts"

const mapping = ColumnMapping.make({ email: "email", name: "first_name", ip: "ip_address" })
const options = { mapping, chunkSize: 2 }

interface Row {
  readonly name: string | null
  readonly address: string | null
  readonly location: Location | null
}

/** Users in a Map: the smallest `UserRepo`. `failures`: how many calls fail after they wrote. */
const ownUsers = (rows: Map<string, Row>, failures = { left: 0 }) => {
  const failSometimes = Effect.suspend(() =>
    failures.left-- > 0
      ? Effect.fail(new DatabaseError({ operation: "query", message: "the answer was lost", retryable: true }))
      : Effect.void,
  )
  return Layer.succeed(UserRepo, {
    upsert: ({ places, winners }) =>
      Effect.sync(() => {
        const counts = { inserted: 0, updated: 0, unchanged: 0, stale: 0 }
        for (const { user } of winners) {
          counts[rows.has(user.email) ? "updated" : "inserted"]++
          const { ip_address: address } = user
          rows.set(user.email, {
            name: user.first_name,
            address,
            location: (address === null ? undefined : places.get(address)) ?? null,
          })
        }
        return counts
      }).pipe(Effect.tap(() => failSometimes)),
    place: (places) =>
      Effect.sync(() => {
        for (const { address, location } of places) {
          for (const [email, row] of rows) if (row.address === address) rows.set(email, { ...row, location })
        }
      }).pipe(Effect.tap(() => failSometimes)),
  })
}

const files = {
  "1.csv": "email,name,ip\na@example.com,Ada,9.9.9.9\nb@example.com,Bo,8.8.8.8\nno mail,,\nc@example.com,Cy,10.0.0.1\n",
  "2.csv": "email,name,ip\nd@example.com,Di,9.9.9.9\na@example.com,Ada L.,9.9.9.9\n",
}
const input = Layer.merge(Testing.layerSource(files), Testing.layerGeo({ "9.9.9.9": { city: "Nine" } }))

const expected = {
  "a@example.com": ["Ada L.", "Nine"],
  "b@example.com": ["Bo", null],
  "c@example.com": ["Cy", null],
  "d@example.com": ["Di", "Nine"],
}
const seen = (rows: ReadonlyMap<string, Row>) =>
  Object.fromEntries([...rows].map(([email, { location, name }]) => [email, [name, location?.city ?? null]]))

describe("a UserRepo of one's own", () => {
  for (const [where, runs] of [
    ["memory", MemoryRepo.layerRuns],
    ["PostgreSQL", Repositories.layerRuns.pipe(Layer.provideMerge(native))],
  ] as ReadonlyArray<readonly [string, typeof MemoryRepo.layerRuns]>) {
    it.live(`gets every user and every place, beside runs in ${where}, which count them`, () => {
      const rows = new Map<string, Row>()
      return Effect.gen(function* () {
        const summary = yield* Pipeline.run(options)
        assert.deepInclude(summary.totals, { read: 6, inserted: 4, updated: 1, rejected: 1 })
        assert.deepInclude(summary.addresses, { service: 2, located: 1, waiting: 0 })
        assert.deepStrictEqual(seen(rows), expected)
        assert.deepInclude((yield* Pipeline.run(options)).totals, { read: 0 })
        assert.deepInclude((yield* Locating.run()).addresses, {
          waiting: 0,
        })
      }).pipe(Effect.provide([input, runs, ownUsers(rows)]), Effect.scoped)
    })

    it.live(
      `is called again where its answer is lost, and nothing is lost or counted twice, with runs in ${where}`,
      () => {
        const rows = new Map<string, Row>()
        return Effect.gen(function* () {
          const summary = yield* Effect.retry(Pipeline.run(options), { times: 3 })
          assert.deepInclude(summary.totals, { read: 6, rejected: 1 })
          assert.strictEqual(summary.totals.inserted + summary.totals.updated, 5)
          assert.deepStrictEqual(seen(rows), expected)
        }).pipe(Effect.provide([input, runs, ownUsers(rows, { left: 2 })]), Effect.scoped)
      },
    )
  }

  it.live("that does not account for its users is a defect, and nothing is committed", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(Pipeline.run(options))
      assert.match(String(exit), /UserRepo.upsert accounts for 0 of 2 users, and refuses 0 records/)
    }).pipe(
      Effect.provide([
        input,
        MemoryRepo.layerRuns,
        Layer.succeed(UserRepo, {
          upsert: () => Effect.succeed({ inserted: 0, updated: 0, unchanged: 0, stale: 0 }),
          place: () => Effect.void,
        }),
      ]),
    ),
  )

  it.live("over the same PgClient commits with the runs, in one transaction", () => {
    /** Writes to a table of its own, in a transaction of its own. */
    const people = Layer.effect(
      UserRepo,
      Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        yield* sql`create table people (email text primary key)`
        return UserRepo.of({
          upsert: ({ winners }) =>
            Effect.gen(function* () {
              for (const { user } of winners) yield* sql`insert into people values (${user.email})`
              return { inserted: winners.length, updated: 0, unchanged: 0, stale: 0 }
            }).pipe(sql.withTransaction, Effect.mapError(fromSqlError)),
          place: () => Effect.void,
        })
      }),
    )
    return Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      // What comes after the users fails: the rejects cannot be kept.
      yield* sql`alter table etl_rejects add constraint none check (false)`
      const inOneChunk = { ...options, chunkSize: 10 }
      const failed = yield* Effect.result(Pipeline.run(inOneChunk))
      assert.isTrue(Result.isFailure(failed))
      assert.deepStrictEqual(yield* sql`select email from people order by email`, [])
      yield* sql`alter table etl_rejects drop constraint none`
      assert.deepInclude((yield* Pipeline.run(inOneChunk)).totals, { read: 4, inserted: 3, rejected: 1 })
      assert.strictEqual((yield* sql`select from people`).length, 3)
    }).pipe(
      Effect.provide(
        Layer.mergeAll(
          Testing.layerSource({ "1.csv": files["1.csv"] }),
          GeoLocator.none,
          Layer.merge(people, Repositories.layerRuns).pipe(Layer.provideMerge(native)),
        ),
      ),
      Effect.scoped,
    )
  })
})
