import { Effect, Exit, Fiber } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"

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
