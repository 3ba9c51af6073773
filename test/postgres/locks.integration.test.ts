import { PgClient } from "@effect/sql-pg"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Locks } from "../../src/postgres/locks.ts"
import { clientLayer, freshDatabase, sharedPostgres } from "../utils/postgres.ts"

/** Time in which a server answers, whatever the clock of the test says. */
const pause = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 20)))

it.effect("a lock whose session is lost is taken again, and again, and goes with the scope", () =>
  Effect.gen(function* () {
    const database = clientLayer(yield* sharedPostgres, yield* freshDatabase)
    yield* Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const holders = sql<{ pid: number }>`
        select pid from pg_locks l join pg_database d on d.oid = l.database
        where l.locktype = 'advisory' and l.granted and d.datname = current_database()`
      const until = (isReached: (rows: ReadonlyArray<{ readonly pid: number }>) => boolean) =>
        Effect.gen(function* () {
          let rows = yield* holders
          while (!isReached(rows)) {
            yield* TestClock.adjust("1 second")
            yield* pause
            rows = yield* holders
          }
          return rows
        })
      yield* Effect.gen(function* () {
        const locks = yield* Locks
        yield* locks.take("test", { warning: "waiting" })
        let [holder] = yield* until((rows) => rows.length === 1)
        for (let times = 0; times < 2; times++) {
          yield* sql`select pg_terminate_backend(${holder!.pid})`
          const lost = holder!.pid
          const [next] = yield* until((rows) => rows.some(({ pid }) => pid !== lost))
          assert.notStrictEqual(next!.pid, lost)
          holder = next
        }
      }).pipe(Effect.scoped, Effect.provide(Locks.layer))
      yield* until((rows) => rows.length === 0)
    }).pipe(Effect.provide(database))
  }).pipe(Effect.scoped),
)
