import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { Database } from "../../src/domain/Database.ts"
import * as ColumnMapping from "../../src/domain/ColumnMapping.ts"
import { Permits } from "../../src/geo/quota/Permits.ts"
import * as Locating from "../../src/pipeline/Locating.ts"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import * as Migrations from "../../src/postgres/migrate.ts"
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

/** The tables of users, which refuse what comes without the planner's settings of an upsert of its own. */
const checked = Layer.effectDiscard(
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    yield* sql`
      create or replace function check_settings() returns trigger language plpgsql as $$
      begin
        if current_setting('enable_seqscan') = 'on' then raise exception 'no transaction of its own'; end if;
        return new;
      end $$`
    yield* sql`create trigger settings before insert on users for each row execute function check_settings()`
  }),
).pipe(Layer.provide(Migrations.layer))

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
      assert.deepInclude(error, { reason: "noConnection", setting: "maxConnections" })
    }).pipe(
      // The pool waits for what is reserved.
      Effect.scoped,
      Effect.provide(Layer.mergeAll(source("waiting"), service, Repositories.layer).pipe(Layer.provideMerge(pool(2)))),
    ),
  )

  it.live("a pool without room for the locks is refused when the layer is built", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Layer.build(Repositories.layer.pipe(Layer.provide(pool(1)))))
      assert.deepInclude(error, { _tag: "DatabaseError", reason: "noConnection", retryable: false })
      assert.match(error.message, /^The PgClient has fewer connections than the 2 that a run needs/)
    }).pipe(Effect.scoped),
  )

  it.effect("so is a client of one connection, which does not say so", () =>
    Effect.gen(function* () {
      const { host, password, port, username } = yield* sharedPostgres
      const database = yield* freshDatabase
      const one = yield* Layer.build(
        PgClient.layerFrom(PgClient.makeClient({ host, port, username, password: Redacted.make(password), database })),
      )
      const repositories = Repositories.layer.pipe(Layer.provide(Layer.succeedContext(one)))
      const fiber = yield* Effect.forkChild(Effect.flip(Layer.build(repositories)))
      while (fiber.pollUnsafe() === undefined) {
        yield* TestClock.adjust("10 seconds")
        yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 5)))
      }
      assert.deepInclude(yield* Fiber.join(fiber), { reason: "noConnection", setting: "maxConnections" })
    }).pipe(Effect.scoped),
  )

  it.live("a run inside a transaction of the caller is refused, and writes nothing", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const error = yield* Effect.flip(sql.withTransaction(Pipeline.run(options)))
      assert.deepInclude(error, { _tag: "DatabaseError", retryable: false })
      assert.match(error.message, /Start it outside of withTransaction/)
      const locating = yield* Effect.flip(sql.withTransaction(Locating.run()))
      assert.deepInclude(locating, { _tag: "DatabaseError", reason: "insideTransaction" })
      assert.deepStrictEqual(yield* sql`select from users`, [])
      assert.deepStrictEqual(yield* sql`select from etl_runs`, [])
    }).pipe(
      Effect.provide(Layer.mergeAll(source("refused"), service, Repositories.layer).pipe(Layer.provideMerge(pool(4)))),
      Effect.scoped,
    ),
  )

  it.live("permits that are granted in a transaction of the caller stay when it is rolled back", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const permits = yield* Permits
      const acquire = permits.acquire("p", { limit: 2, window: Duration.minutes(1), lasts: Duration.seconds(10) })
      const both = Effect.andThen(Effect.andThen(acquire, acquire), Effect.fail("rolled back"))
      assert.strictEqual(yield* Effect.flip(sql.withTransaction(both)), "rolled back")
      assert.strictEqual((yield* acquire)._tag, "Wait")
    }).pipe(Effect.provide(Repositories.layer.pipe(Layer.provideMerge(pool(4)))), Effect.scoped),
  )

  it.live("users of another database are written all or nothing, in a transaction of their own", () =>
    Effect.gen(function* () {
      const { totals } = yield* Pipeline.run(options)
      assert.deepInclude(totals, { read: users, inserted: users })
    }).pipe(
      Effect.provide(
        Layer.mergeAll(
          source("two"),
          service,
          Repositories.layerRuns.pipe(Layer.provide(pool(4))),
          Layer.fresh(Repositories.layerUsers.pipe(Layer.provideMerge(checked), Layer.provide(pool(4)))),
        ),
      ),
      Effect.scoped,
    ),
  )
})
