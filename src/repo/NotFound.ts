// The error of a command that reads what no run has written yet.

import { Runtime, Schema } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { type DatabaseError, fromSqlError, sqlState } from "../domain/DatabaseError.ts"

/** The database lacks any run, any that was handed over to workers, the requested one, or the tables of this version. */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", {
  what: Schema.Literals(["runs", "clusterRuns", "run", "tables"]),
  message: Schema.String,
}) {
  override readonly [Runtime.errorExitCode] = 2
}

export const noRunYet = "The database has no run yet. Load files first."

export const noRuns = (): NotFound => new NotFound({ what: "runs", message: noRunYet })

/** SQLSTATEs: the table is missing, or the column. */
const undefinedObject = ["42P01", "42703"]

/** The error of a statement that reads what a run has written, where there may have been no run. */
export const fromReadError = (error: SqlError | NotFound): DatabaseError | NotFound => {
  if (error._tag === "NotFound") return error
  if (!undefinedObject.includes(sqlState(error) ?? "")) return fromSqlError(error)
  return new NotFound({
    what: "tables",
    message: "The database lacks the tables of this version. Load files first, or create or upgrade the tables.",
  })
}
