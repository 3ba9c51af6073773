// Executes the statement of a commit: on a connection that is kept for such statements, with what is known of its e-mails.

import { Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { Row } from "effect/sql/SqlConnection"
import type { SqlError } from "effect/sql/SqlError"
import type { LastVersions } from "../../domain/rows/LastVersions.ts"
import type { ColumnArrays } from "../users/ColumnArrays.ts"
import { makeNewEmails } from "../users/newEmails.ts"
import { arraysOfClient } from "../users/userArrays.ts"
import { makeWriterConnections } from "../writerConnections.ts"

interface Statement {
  readonly text: string
  readonly parameters: ReadonlyArray<unknown>
}

export interface StatementWriter {
  /** How it makes array parameters. */
  readonly arrays: ColumnArrays
  /** `statementOf`: with `mayBeStored`, see `upsertOf`. */
  readonly execute: (
    versions: LastVersions,
    statementOf: (mayBeStored: ReadonlyArray<number> | undefined) => Statement,
  ) => Effect.Effect<ReadonlyArray<Row>, SqlError>
}

/** Of a client, once: it notes the e-mails of all its statements. Undefined: a commit takes a transaction. */
export const makeStatementWriter = Effect.fnUntraced(function* (sql: SqlClient) {
  const withConnection = yield* makeWriterConnections(sql)
  if (withConnection === undefined) return undefined
  const newEmails = makeNewEmails(sql)
  const writer: StatementWriter = {
    arrays: yield* arraysOfClient,
    execute: Effect.fnUntraced(function* (versions, statementOf) {
      const { parameters, text } = statementOf(yield* newEmails.mayBeStored(versions))
      return yield* withConnection((connection) => connection.execute(text, parameters, undefined)).pipe(
        Effect.tapError((error) => Effect.sync(() => newEmails.failed(error))),
      )
    }),
  }
  return writer
})
