import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber } from "effect"
import { PgClient } from "@effect/sql-pg"
import { Reactivity } from "effect/reactivity"
import { SqlClient } from "effect/sql"
import type { Connection } from "effect/sql/SqlConnection"
import { ConnectionError, SqlError } from "effect/sql/SqlError"
import { TestClock } from "effect/testing"
import { Database } from "../../src/domain/Database.ts"
import { makeClient } from "../../src/postgres/client.ts"

const lost = new SqlError({ reason: new ConnectionError({ cause: new Error("lost") }) })

/** Transactions of a client whose connection does this with a statement. */
const transactionsOver = (send: (statement: string) => Effect.Effect<unknown, SqlError>) =>
  Effect.gen(function* () {
    const client = yield* SqlClient.make({
      // Each transaction has a connection of its own.
      acquirer: Effect.sync(() => ({ executeUnprepared: send }) as unknown as Connection),
      compiler: PgClient.makeCompiler(),
      driver: "postgresql",
      releaseSavepoint: (name) => `RELEASE SAVEPOINT ${name}`,
      spanAttributes: [],
    })
    const host = { ...client, config: { maxConnections: 7 } } as unknown as PgClient.PgClient
    const { withTransaction } = yield* makeClient.pipe(
      Effect.provideService(PgClient.PgClient, host),
      Effect.provideService(Database, { kind: "server", name: "" }),
    )
    return withTransaction
  }).pipe(Effect.provideServiceEffect(Reactivity.Reactivity, Reactivity.make))

/** The connection is lost during the transaction: neither ROLLBACK nor COMMIT works. */
const losing = transactionsOver((statement) => (statement === "BEGIN" ? Effect.succeed([]) : Effect.fail(lost)))

describe("transaction, where the connection is lost", () => {
  it.effect("fails as the effect failed", () =>
    Effect.gen(function* () {
      const transaction = yield* losing
      assert.strictEqual(yield* Effect.flip(transaction(Effect.fail("mine"))), "mine")
      assert.deepStrictEqual(yield* Effect.exit(transaction(Effect.die("mine"))), Exit.die("mine"))
    }),
  )

  it.effect("fails when only the COMMIT did", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Effect.flip((yield* losing)(Effect.succeed(1))), lost)
    }),
  )

  it.effect("is interrupted, and nothing else, when it is interrupted", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild((yield* losing)(Effect.never), { startImmediately: true })
      yield* Effect.yieldNow
      yield* Fiber.interrupt(fiber)
      const exit = yield* Fiber.await(fiber)
      assert(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause), String(exit))
    }),
  )
})

describe("transaction, when it is interrupted", () => {
  it.effect("is rolled back, and a savepoint to its beginning", () =>
    Effect.gen(function* () {
      const sent: Array<string> = []
      const recording = yield* transactionsOver((statement) => Effect.sync(() => sent.push(statement)))
      const begun = yield* Deferred.make<void>()
      const work = Effect.andThen(Deferred.succeed(begun, undefined), Effect.never)
      const fiber = yield* Effect.forkChild(recording(recording(work)))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(
        sent.map((statement) => statement.replace(/ effect_sql_\d+/, "")),
        ["BEGIN", "SAVEPOINT", "ROLLBACK TO SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK"],
      )
    }),
  )
})

describe("transaction, where the server is silent", () => {
  for (const [when, answered, expected] of [
    ["before it begins", [], "all 7 are in use"],
    ["at its COMMIT", ["BEGIN"], "no answer for 150 seconds"],
    ["at its ROLLBACK", ["BEGIN"], "mine"],
  ] as const) {
    it.effect(`fails after a time ${when}`, () =>
      Effect.gen(function* () {
        const transaction = yield* transactionsOver((statement) =>
          answered.some((one) => one === statement) ? Effect.succeed([]) : Effect.never,
        )
        const effect = expected === "mine" ? Effect.fail("mine") : Effect.void
        const fiber = yield* Effect.forkChild(Effect.flip(transaction(effect)))
        yield* TestClock.adjust("3 minutes")
        const error = yield* Fiber.join(fiber)
        assert.include(error === "mine" ? error : String((error as SqlError).reason.cause), expected)
      }),
    )

    it.effect(`can be interrupted ${when}`, () =>
      Effect.gen(function* () {
        const transaction = yield* transactionsOver((statement) =>
          answered.some((one) => one === statement) ? Effect.succeed([]) : Effect.never,
        )
        const fiber = yield* Effect.forkChild(transaction(Effect.void), { startImmediately: true })
        yield* Effect.yieldNow
        const stopping = yield* Effect.forkChild(Fiber.interrupt(fiber))
        yield* TestClock.adjust("3 minutes")
        yield* Fiber.join(stopping)
      }),
    )
  }
})
