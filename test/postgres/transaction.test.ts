import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber } from "effect"
import { type SqlClient, TransactionConnection } from "effect/sql/SqlClient"
import { ConnectionError, SqlError } from "effect/sql/SqlError"
import { makeTransaction } from "../../src/postgres/transaction.ts"

const lost = new SqlError({ reason: new ConnectionError({ cause: new Error("lost") }) })

/** A client whose connection is lost during the transaction: neither ROLLBACK nor COMMIT works. */
const client = {
  transactionService: TransactionConnection(1_000),
  reserve: Effect.succeed({
    executeRaw: (statement: string) => (statement === "BEGIN" ? Effect.succeed({}) : Effect.fail(lost)),
  }),
} as unknown as SqlClient

const transaction = makeTransaction(client)

describe("transaction, where the connection is lost", () => {
  it.effect("fails as the effect failed", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Effect.flip(transaction(Effect.fail("mine"))), "mine")
      assert.deepStrictEqual(yield* Effect.exit(transaction(Effect.die("mine"))), Exit.die("mine"))
    }),
  )

  it.effect("fails when only the COMMIT did", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Effect.flip(transaction(Effect.succeed(1))), lost)
    }),
  )

  it.effect("is interrupted, and nothing else, when it is interrupted", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(transaction(Effect.never), { startImmediately: true })
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
      const recording = makeTransaction({
        transactionService: TransactionConnection(1_001),
        reserve: Effect.succeed({
          executeRaw: (statement: string) => Effect.sync(() => ({ command: sent.push(statement) })),
        }),
      } as unknown as SqlClient)
      const begun = yield* Deferred.make<void>()
      const work = Effect.andThen(Deferred.succeed(begun, undefined), Effect.never)
      const fiber = yield* Effect.forkChild(recording(recording(work)))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(
        sent.map((statement) => statement.replace(/ etl_\d+/, "")),
        ["BEGIN", "SAVEPOINT", "ROLLBACK TO SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK"],
      )
    }),
  )
})
