import { PgClient } from "@effect/sql-pg"
import { assert, it } from "@effect/vitest"
import { Clock, Context, Effect, Exit, Fiber } from "effect"
import { TransactionConnection } from "effect/sql/SqlClient"
import { TestClock } from "effect/testing"
import { Database } from "../../src/domain/Database.ts"
import { fromSqlError } from "../../src/domain/DatabaseError.ts"
import { makeClient } from "../../src/postgres/client.ts"

const client = (reserve: Effect.Effect<unknown>) =>
  Context.make(PgClient.PgClient, {
    config: { maxConnections: 7 },
    reserve,
    transactionService: TransactionConnection(1_000),
  } as unknown as PgClient.PgClient).pipe(Context.add(Database, { kind: "server", name: "" }))

/** A server that takes every statement, and never answers. */
const silent = client(Effect.succeed({ execute: () => Effect.never, executeRaw: () => Effect.never }))

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
    }).pipe(Effect.provideContext(silent)),
  )
}

it.effect("a statement is interrupted at once", () =>
  Effect.gen(function* () {
    const sql = yield* makeClient
    const fiber = yield* Effect.forkChild(sql`select 1`, { startImmediately: true })
    yield* Effect.yieldNow
    yield* Fiber.interrupt(fiber)
    assert.isTrue(Exit.isFailure(yield* Fiber.await(fiber)))
  }).pipe(Effect.provideContext(silent)),
)

it.effect("a statement for which no connection is free fails with the reason", () =>
  Effect.gen(function* () {
    const sql = yield* makeClient
    const fiber = yield* Effect.forkChild(Effect.flip(Effect.mapError(sql`select 1`, fromSqlError)))
    yield* TestClock.adjust("1 minute")
    const { message, retryable } = yield* Fiber.join(fiber)
    assert.match(message, /No connection of the pool was free for 1 minute: all 7 are in use/)
    assert.isTrue(retryable)
  }).pipe(Effect.provideContext(client(Effect.never))),
)
