import { Effect, Exit, Fiber, Schedule } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { SqlError } from "effect/sql/SqlError"
import { sqlState } from "../domain/DatabaseError.ts"

/** Serialization failures and deadlocks pass when the transaction is repeated. */
const isConflict = (error: unknown): boolean =>
  error instanceof SqlError && ["40001", "40P01"].includes(sqlState(error) ?? "")

/** Repeats a transaction that met another one's; `isOther` knows further errors that tell so. */
export const repeatConflicts = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  isOther: (error: E) => boolean = () => false,
): Effect.Effect<A, E, R> =>
  Effect.retry(effect, {
    schedule: Schedule.exponential("20 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 10 })),
    while: (error) => isConflict(error) || isOther(error),
  })

/**
 * Runs an effect in a transaction, or in a savepoint of the one that is open, as `sql.withTransaction` does, but fails as
 * the effect failed, or is interrupted, even where the connection went with it. There the ROLLBACK fails too, and
 * `sql.withTransaction` dies of that; yet the server rolls back for a client that has gone.
 */
export const transaction = <A, E, R>(
  sql: SqlClient,
  effect: Effect.Effect<A, E, R>,
): Effect.Effect<A, E | SqlError, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      let outcome: Exit.Exit<A, E> | undefined
      const observed = Effect.onExit(effect, (exit) => Effect.sync(() => (outcome = exit)))
      // In a fiber of its own: an interruption would carry the failure of the ROLLBACK along.
      const fiber = yield* Effect.forkChild(sql.withTransaction(observed))
      const exit = yield* restore(Fiber.await(fiber)).pipe(Effect.onInterrupt(() => Fiber.interrupt(fiber)))
      return yield* Exit.isFailure(exit) && outcome !== undefined && Exit.isFailure(outcome) ? outcome : exit
    }),
  )
