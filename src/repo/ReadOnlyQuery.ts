// Queries of a person to the database, which may not change it: the contract.

import { Context, type Effect, Schema, type Scope, type Stream } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"

/**
 * PostgreSQL did not run a statement, or not to its end. `message` is fit for a log; `said` is PostgreSQL's full
 * message, which may quote any value: only for the person who wrote the statement.
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
 * A value of an answer: an integer, `true` or `false`; text, also for a number that JSON lacks or that its readers
 * would round; JSON, on one line, for a JSON value, an array or another number; null.
 */
export type Cell = string | number | boolean | null | { readonly json: string }

/** The answer to a statement. */
export interface QueryAnswer {
  readonly columns: ReadonlyArray<AnswerColumn>
  /** Fetched on demand, in arrays of a bounded size: cells are cut at 64 KiB. To be run once. */
  readonly rows: Stream.Stream<ReadonlyArray<Cell>, DatabaseError | StatementError>
}

/** Queries of a person. */
export class ReadOnlyQuery extends Context.Service<
  ReadOnlyQuery,
  {
    /**
     * Runs one statement that reads, in a read-only transaction that is rolled back when the scope closes. Functions
     * that it calls may do whatever the role may. Logs a warning where the role may write files on the server, and at
     * the first cell that is cut.
     */
    readonly ask: (statement: string) => Effect.Effect<QueryAnswer, DatabaseError | StatementError, Scope.Scope>
  }
>()("user-activity-etl/repo/ReadOnlyQuery") {}
