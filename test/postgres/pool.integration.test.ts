import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { Database } from "../../src/domain/Database.ts"
import * as ColumnMapping from "../../src/domain/ColumnMapping.ts"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import * as Repositories from "../../src/postgres/Repositories.ts"
import * as Testing from "../../src/testing.ts"
import { freshDatabase, sharedPostgres } from "../utils/postgres.ts"

const mapping = ColumnMapping.make({ email: "email", ip: "ip_address" })
const options = { mapping, chunkSize: 50 }

/** A client with a pool of that size; undefined: of sql-pg's own. */
const pool = (maxConnections: number | undefined) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { host, password, port, username } = yield* sharedPostgres
      const database = yield* freshDatabase
      return Layer.merge(
        PgClient.layer({ host, port, username, password: Redacted.make(password), database, maxConnections }),
        Layer.succeed(Database, { kind: "server", name: database }),
      )
    }),
  )

const users = 600

/** A source of one large file and two small ones; no e-mail is in two sources. */
const source = (name: string) => {
  const lines = (file: string, count: number) =>
    `email,ip\n${Array.from({ length: count }, (_, index) => `${name}${file}${index}@example.com,9.9.${index % 250}.1\n`).join("")}`
  return Testing.layerSource(
    { "1.csv": lines("a", users - 20), "2.csv": lines("b", 10), "3.csv": lines("c", 10) },
    { uri: `s3://${name}` },
  )
}

const runOf = (name: string) => Effect.provide(Pipeline.run(options), Layer.fresh(source(name)))

const service = Testing.layerGeo({})

describe("pipelines that share a PgClient", () => {
  for (const [runs, connections] of [
    [1, 2],
    [1, 3],
    [1, 4],
    [2, 2],
    [2, 5],
    [3, undefined],
    [3, 12],
  ] as const) {
    it.live(
      `${runs} at once end, with a pool of ${connections ?? "the default size"}`,
      () =>
        Effect.gen(function* () {
          const names = Array.from({ length: runs }, (_, index) => `source${index}`)
          const summaries = yield* Effect.forEach(names, runOf, { concurrency: "unbounded" })
          for (const { addresses, totals } of summaries) {
            assert.deepInclude(totals, { read: users, inserted: users })
            assert.strictEqual(addresses.waiting, 0)
          }
          const sql = yield* PgClient.PgClient
          assert.deepStrictEqual(yield* sql`select count(*)::int as users from users`, [{ users: runs * users }])
          // Every lock is free again, and with it the session.
          assert.deepStrictEqual(
            yield* sql`select from pg_locks where locktype = 'advisory'
              and database = (select oid from pg_database where datname = current_database())`,
            [],
          )
        }).pipe(
          Effect.provide(Layer.merge(service, Repositories.layer).pipe(Layer.provideMerge(pool(connections)))),
          Effect.scoped,
        ),
      60_000,
    )
  }

  it.live("two runs of one source load it once, one after the other", () =>
    Effect.gen(function* () {
      const both = yield* Effect.all([Pipeline.run(options), Pipeline.run(options)], { concurrency: 2 })
      assert.deepStrictEqual(
        both.map(({ totals }) => totals.read).sort((left, right) => left - right),
        [0, users],
      )
    }).pipe(
      Effect.provide(Layer.mergeAll(source("one"), service, Repositories.layer).pipe(Layer.provideMerge(pool(10)))),
      Effect.scoped,
    ),
  )

  it.effect("a run for which no connection is free ends with the reason", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const all = yield* Effect.forEach([1, 2], () => sql.reserve)
      assert.strictEqual(all.length, 2)
      const fiber = yield* Effect.forkChild(Effect.flip(Pipeline.run(options)))
      while (fiber.pollUnsafe() === undefined) {
        yield* TestClock.adjust("10 seconds")
        yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 1)))
      }
      const error = yield* Fiber.join(fiber)
      assert.deepInclude(error, { _tag: "DatabaseError", retryable: true })
      assert.match(error.message, /^No connection of the pool was free for 1 minute: all 2 are in use/)
    }).pipe(
      Effect.provide(Layer.mergeAll(source("waiting"), service, Repositories.layer).pipe(Layer.provideMerge(pool(2)))),
      Effect.scoped,
    ),
  )

  it.live("a pool without room for the locks is refused when the layer is built", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Layer.build(Repositories.layer.pipe(Layer.provide(pool(1)))))
      assert.deepInclude(error, { _tag: "DatabaseError", retryable: false })
      assert.match(error.message, /^The pool has 1 connection, and a run needs 2/)
    }).pipe(Effect.scoped),
  )

  it.live("a run inside a transaction of the caller is refused, and writes nothing", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const error = yield* Effect.flip(sql.withTransaction(Pipeline.run(options)))
      assert.deepInclude(error, { _tag: "DatabaseError", retryable: false })
      assert.match(error.message, /Start it outside of withTransaction/)
      assert.deepStrictEqual(yield* sql`select from users`, [])
      assert.deepStrictEqual(yield* sql`select from etl_runs`, [])
    }).pipe(
      Effect.provide(Layer.mergeAll(source("refused"), service, Repositories.layer).pipe(Layer.provideMerge(pool(4)))),
      Effect.scoped,
    ),
  )
})
