import { Context, type Effect, Schema, type Scope, type Stream } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"

/**
 * PostgreSQL did not run a statement, or not to its end. `message` is fit for a log; `said` is all that PostgreSQL said,
 * which may quote any value: for the person alone whose statement it is.
 */
export class StatementError extends Schema.TaggedError<StatementError>()("StatementError", {
  message: Schema.String,
  said: Schema.Redacted(Schema.String),
  sqlState: Schema.String,
}) {}

/** A column of an answer. */
export interface AnswerColumn {
  readonly name: string
  readonly isNumber: boolean
}

/**
 * A value of an answer: an integer, `true` or `false`; text, also of a number that JSON lacks, or that its readers would
 * round; JSON of a JSON value, an array or another number, on one line; null.
 */
export type Cell = string | number | boolean | null | { readonly json: string }

/** What a statement gives. */
export interface QueryAnswer {
  readonly columns: ReadonlyArray<AnswerColumn>
  /** Fetched as they are taken, in arrays of a bounded size: cells are cut at 64 KiB. Once. */
  readonly rows: Stream.Stream<ReadonlyArray<Cell>, DatabaseError | StatementError>
}

/** Questions of a person to the database. */
export class ReadOnlyQuery extends Context.Service<
  ReadOnlyQuery,
  {
    /**
     * Runs one statement that PostgreSQL takes as one that reads, in a transaction that may not write and is rolled back
     * when the scope closes. Functions that it calls may do whatever the role may. Logs a warning where the role may write
     * files on the server, and at the first cell that is cut.
     */
    readonly ask: (statement: string) => Effect.Effect<QueryAnswer, DatabaseError | StatementError, Scope.Scope>
  }
>()("user-activity-etl/repo/ReadOnlyQuery") {}
