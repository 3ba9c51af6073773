import { Runtime, Schema } from "effect"
import type { SqlError } from "effect/sql/SqlError"

/** The database could not be reached, or would not do what was asked. What was committed before stays committed. */
export class RepoError extends Schema.TaggedError<RepoError>()("RepoError", {
  operation: Schema.Literals(["migrate", "begin run", "upsert", "finish file", "finish run", "locations"]),
  /** PostgreSQL's five characters, where it answered. */
  sqlState: Schema.NullOr(Schema.String),
  message: Schema.String,
  /** Whether the same call may succeed later. */
  retryable: Schema.Boolean,
  cause: Schema.optionalKey(Schema.Defect()),
}) {
  override readonly [Runtime.errorExitCode] = 6
}

/** PostgreSQL's SQLSTATE of an error, null when no answer came. */
export const sqlStateOf = (error: SqlError): string | null => {
  const cause = error.reason.cause
  return typeof cause === "object" && cause !== null && "code" in cause && typeof cause.code === "string"
    ? cause.code
    : null
}

/** Wraps what the client says; statements and their values never get into the message. */
export const repoError =
  (operation: RepoError["operation"]) =>
  (error: SqlError): RepoError => {
    const cause = error.reason.cause
    const sqlState = sqlStateOf(error)
    const said = cause instanceof Error && cause.message !== "" ? cause.message : error.reason.message
    return new RepoError({
      operation,
      sqlState,
      message: `The database failed to ${operation}: ${said}${sqlState === null ? "" : ` (SQLSTATE ${sqlState})`}`,
      retryable: error.reason.isRetryable,
    })
  }
