import { Effect, Predicate } from "effect"
import { DatabaseError } from "../domain/DatabaseError.ts"
import { patiently } from "../repo/patience.ts"

/** The innermost reason of a failure of the engine's storage; undefined: it is none. */
export const storageFailure = (error: unknown): string | undefined => {
  if (!Predicate.hasProperty(error, "_tag") || error._tag !== "PersistenceError") return undefined
  let innermost: unknown = error
  while (Predicate.hasProperty(innermost, "cause") && innermost.cause !== undefined) innermost = innermost.cause
  return Predicate.isError(innermost) ? innermost.message : "unknown"
}

/** For the engine a database that is away is a defect. What is asked of it here may be repeated. */
export const fromStorage = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | DatabaseError, R> => {
  const told = Effect.result(effect).pipe(
    Effect.catchDefect((defect) => {
      const why = storageFailure(defect)
      if (why === undefined) return Effect.die(defect)
      const message = `The connection to the database was lost: ${why}.`
      return Effect.fail(new DatabaseError({ operation: "query", message, retryable: true }))
    }),
  )
  return Effect.flatMap(patiently(told), Effect.fromResult)
}
