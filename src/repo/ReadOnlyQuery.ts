import { Context, type Effect } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"

/** What a statement gave. */
export interface QueryResult {
  readonly columns: ReadonlyArray<string>
  /** As the client decodes them: text, numbers, `bigint`, `boolean`, `Date`, `Uint8Array`, arrays, JSON, null. */
  readonly rows: ReadonlyArray<ReadonlyArray<unknown>>
}

/** Questions of a person to the database. */
export class ReadOnlyQuery extends Context.Service<
  ReadOnlyQuery,
  {
    /** Runs one statement in a transaction that may not write, and keeps the whole answer in memory. */
    readonly run: (statement: string) => Effect.Effect<QueryResult, DatabaseError>
  }
>()("user-activity-etl/repo/ReadOnlyQuery") {}
