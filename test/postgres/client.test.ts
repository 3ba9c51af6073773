import { PgClient } from "@effect/sql-pg"
import { assert, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { fromSqlError } from "../../src/domain/DatabaseError.ts"
import { makeClient } from "../../src/postgres/client.ts"

/** A server that takes every statement, and never says a word. */
const silent = {
  reserve: Effect.succeed({ execute: () => Effect.never, executeRaw: () => Effect.never }),
} as unknown as PgClient.PgClient

for (const [where, wrap] of [
  ["", (effect: Effect.Effect<unknown, unknown>) => effect],
  [", also where nothing may be interrupted", Effect.uninterruptible],
] as const) {
  it.effect(`a statement that is never answered fails as a lost connection${where}`, () =>
    Effect.gen(function* () {
      const sql = yield* makeClient
      const start = yield* Clock.currentTimeMillis
      const fiber = yield* Effect.forkChild(Effect.exit(wrap(Effect.mapError(sql`select 1`, fromSqlError))))
      yield* TestClock.adjust("10 minutes")
      const exit = yield* Fiber.join(fiber)
      assert.isTrue(Exit.isFailure(exit))
      assert.match(String(exit), /The connection to the database was lost: no answer for 150 seconds/)
      assert.strictEqual((yield* Clock.currentTimeMillis) - start, 600_000)
    }).pipe(Effect.provideService(PgClient.PgClient, silent)),
  )
}

it.effect("a statement is interrupted at once", () =>
  Effect.gen(function* () {
    const sql = yield* makeClient
    const fiber = yield* Effect.forkChild(sql`select 1`, { startImmediately: true })
    yield* Effect.yieldNow
    yield* Fiber.interrupt(fiber)
    assert.isTrue(Exit.isFailure(yield* Fiber.await(fiber)))
  }).pipe(Effect.provideService(PgClient.PgClient, silent)),
)
