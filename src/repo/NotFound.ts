import { Runtime, Schema } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { type DatabaseError, fromSqlError, sqlState } from "../domain/DatabaseError.ts"

/** What was asked for is not in the database: the run, or our tables as this version has them. */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", {
  message: Schema.String,
}) {
  override readonly [Runtime.errorExitCode] = 2
}

export const noRunYet = "The database has no run yet. Load files first: etl --source DIR, with the same database flags."

/** SQLSTATEs: the table is not there, or not the column. */
const undefinedObject = ["42P01", "42703"]

/** An error of a statement that reads what a run has written, and may find that none ever did. */
export const fromReadError = (error: SqlError | NotFound): DatabaseError | NotFound => {
  if (error._tag === "NotFound") return error
  if (!undefinedObject.includes(sqlState(error) ?? "")) return fromSqlError(error)
  return new NotFound({
    message:
      "The database lacks the tables of this version. Load files first: etl --source DIR, or create or upgrade the tables: etl init, with the same database flags.",
  })
}
