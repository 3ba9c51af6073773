// Failures of the database as the engine reports them: defects, which become a DatabaseError here.

import { Effect, Predicate } from "effect"
import { DatabaseError } from "../domain/DatabaseError.ts"
import { patiently } from "../repo/patience.ts"

/** The innermost reason of a failure of the engine's storage; undefined: the error is none. */
export const storageFailure = (error: unknown): string | undefined => {
  if (!Predicate.hasProperty(error, "_tag") || error._tag !== "PersistenceError") return undefined
  let innermost: unknown = error
  while (Predicate.hasProperty(innermost, "cause") && innermost.cause !== undefined) innermost = innermost.cause
  return Predicate.isError(innermost) ? innermost.message : "unknown"
}

/** Retries an effect of the engine, for which an unreachable database is a defect. It must be safe to repeat. */
export const fromStorage = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | DatabaseError, R> => {
  const attempt = Effect.result(effect).pipe(
    Effect.catchDefect((defect) => {
      const why = storageFailure(defect)
      if (why === undefined) return Effect.die(defect)
      const message = `The connection to the database was lost: ${why}.`
      return Effect.fail(new DatabaseError({ operation: "query", message, retryable: true }))
    }),
  )
  return Effect.flatMap(patiently(attempt), Effect.fromResult)
}
