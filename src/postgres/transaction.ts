// Transactions: how they fail, and which are repeated.

import { Effect, Exit, Fiber, Schedule } from "effect"
import { makeWithTransaction, type SqlClient } from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import { SqlError, UnknownError } from "effect/sql/SqlError"
import { sqlState } from "../domain/DatabaseError.ts"

/** Serialization failures and deadlocks: a repeated transaction may succeed. */
const isConflict = (error: unknown): boolean =>
  error instanceof SqlError && ["40001", "40P01"].includes(sqlState(error) ?? "")

/** Repeats a transaction that conflicts with another one. */
export const repeatConflicts = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.retry(effect, {
    schedule: Schedule.exponential("20 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 10 })),
    while: isConflict,
  })

/** PostgreSQL answers ROLLBACK where the transaction was aborted. */
const commit = (connection: Connection) =>
  Effect.flatMap(connection.executeRaw("COMMIT", []), (result) =>
    (result as { readonly command?: string }).command === "ROLLBACK"
      ? new SqlError({ reason: new UnknownError({ cause: new Error("COMMIT rolled back an aborted transaction") }) })
      : Effect.void,
  )

/**
 * Runs effects in a transaction, or in a savepoint of the open one, as `sql.withTransaction` does, with two
 * differences. It fails as the effect failed, or is interrupted, even where the connection is lost: there the ROLLBACK
 * fails too, and `sql.withTransaction` dies of that, although the server rolls back for a lost client. And it makes no
 * spans: PostgreSQL's messages quote whole rows, passwords included.
 */
export const makeTransaction = (sql: SqlClient) => {
  const withTransaction = makeWithTransaction({
    transactionService: sql.transactionService,
    spanAttributes: [],
    acquireConnection: (restore) => restore(sql.reserve),
    begin: (connection) => connection.executeRaw("BEGIN", []),
    savepoint: (connection, id) => connection.executeRaw(`SAVEPOINT etl_${id}`, []),
    releaseSavepoint: (connection, id) => connection.executeRaw(`RELEASE SAVEPOINT etl_${id}`, []),
    commit,
    rollback: (connection) => connection.executeRaw("ROLLBACK", []),
    rollbackSavepoint: (connection, id) => connection.executeRaw(`ROLLBACK TO SAVEPOINT etl_${id}`, []),
  })
  return <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        let outcome: Exit.Exit<A, E> | undefined
        const observed = Effect.onExit(effect, (exit) => Effect.sync(() => (outcome = exit)))
        // In a fiber of its own: else an interruption would come with the failure of the ROLLBACK.
        const fiber = yield* Effect.forkChild(Effect.withTracerEnabled(withTransaction(observed), false))
        const exit = yield* restore(Fiber.await(fiber)).pipe(Effect.onInterrupt(() => Fiber.interrupt(fiber)))
        return yield* Exit.isFailure(exit) && outcome !== undefined && Exit.isFailure(outcome) ? outcome : exit
      }),
    )
}
