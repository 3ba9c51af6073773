// Transactions: how they fail, and which are repeated.

import { Context, Deferred, Effect, Exit, Fiber, Option, Schedule } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import { SqlError } from "effect/sql/SqlError"
import { DatabaseError, sqlState, toDatabaseError } from "../domain/DatabaseError.ts"
import { makePatience } from "../repo/patience.ts"

const stateOf = (error: unknown): string | undefined => {
  if (error instanceof DatabaseError) return error.sqlState
  return error instanceof SqlError ? sqlState(error) : undefined
}

/** Serialization failures and deadlocks: a repeated transaction may succeed. */
const isConflict = (error: unknown): boolean => ["40001", "40P01"].includes(stateOf(error) ?? "")

/** Repeats a transaction that conflicts with another one. */
export const repeatConflicts = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.retry(effect, {
    schedule: Schedule.exponential("20 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 10 })),
    while: isConflict,
  })

interface Bounds {
  /** Fails when it is time that the transaction has begun. */
  readonly begin: Effect.Effect<never, SqlError>
  /** Bounds the statements of the transaction's connection: its COMMIT and ROLLBACK too. */
  readonly boundStatements: (connection: Connection) => void
}

/**
 * Runs effects in a transaction of the client, or in a savepoint of the open one, as its `withTransaction` does, with
 * three differences. It fails as the effect failed, or is interrupted, even where the connection is lost: there the
 * ROLLBACK fails too, and the client's dies of that, although the server rolls back for a lost client. It does not wait
 * for ever for a server that is silent. And it makes no spans: PostgreSQL's messages quote whole rows, passwords
 * included.
 */
export const withTransaction =
  (client: SqlClient, { begin, boundStatements }: Bounds) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const outer = yield* Effect.serviceOption(client.transactionService)
        const begun = yield* Deferred.make<void>()
        let outcome: Exit.Exit<A, E> | undefined
        const observed = Effect.gen(function* () {
          yield* Deferred.succeed(begun, undefined)
          const inner = yield* Effect.serviceOption(client.transactionService)
          // The connection of a caller's transaction stays the caller's.
          if (Option.isNone(outer) && Option.isSome(inner)) boundStatements(inner.value[0])
          return yield* effect
        }).pipe(Effect.onExit((exit) => Effect.sync(() => (outcome = exit))))
        // In fibers of their own: an interruption would come with the failure of the ROLLBACK, or wait for it.
        const running = yield* Effect.forkDetach(Effect.withTracerEnabled(client.withTransaction(observed), false))
        const notBegun = Effect.exit(Effect.andThen(Effect.raceFirst(Deferred.await(begun), begin), Effect.never))
        const exit = yield* restore(Effect.raceFirst(Fiber.await(running), notBegun)).pipe(
          Effect.onInterrupt(() => detached(Effect.raceFirst(Fiber.interrupt(running), notBegun))),
        )
        if (running.pollUnsafe() === undefined) yield* Effect.forkDetach(Fiber.interrupt(running))
        return yield* Exit.isFailure(exit) && outcome !== undefined && Exit.isFailure(outcome) ? outcome : exit
      }),
    )

/** Waits for an effect in a fiber of its own, which an interruption that waits here does not reach. */
const detached = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.flatMap(Effect.forkDetach(effect, { startImmediately: true }), Fiber.await)

/** Whether the fiber is inside a transaction of the client, or of a client that shares its transactions. */
export const isInTransaction = (sql: SqlClient): Effect.Effect<boolean> =>
  Effect.map(Effect.serviceOption(sql.transactionService), Option.isSome)

/** Runs an effect outside of the caller's transaction: its ROLLBACK would take back what has happened elsewhere. */
export const outside =
  (sql: SqlClient) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.updateContext(
      effect,
      (context: Context.Context<R>) => Context.omit(sql.transactionService)(context) as Context.Context<R>,
    )

/** The error of what commits transactions of its own. */
const insideTransaction = new DatabaseError({
  operation: "open",
  message:
    "A run, or locating, was started inside a transaction, but commits its own. Start it outside of withTransaction.",
  reason: "insideTransaction",
  retryable: false,
})

/** Fails inside a transaction of the caller. */
export const refuseInside = (sql: SqlClient): Effect.Effect<void, DatabaseError> =>
  Effect.flatMap(isInTransaction(sql), (isOpen) => (isOpen ? Effect.fail(insideTransaction) : Effect.void))

/**
 * Repeats what conflicts with another transaction, or finds the database unreachable. Inside a transaction nothing is
 * repeated: it is lost as a whole, and who opened it repeats it.
 */
export const makeRepeat = (sql: SqlClient) => {
  const patiently = makePatience()
  return <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, DatabaseError | Exclude<E, SqlError>, R> =>
    Effect.flatMap(isInTransaction(sql), (isOpen) =>
      isOpen
        ? Effect.mapError(effect, toDatabaseError)
        : patiently(Effect.mapError(repeatConflicts(effect), toDatabaseError)),
    )
}
