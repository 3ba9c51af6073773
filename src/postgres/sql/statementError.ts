// The error of a statement that a person wrote.

import { Redacted } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { advice, type DatabaseError, describeState, serverFields, toDatabaseError } from "../../domain/DatabaseError.ts"
import { StatementError } from "../../repo/ReadOnlyQuery.ts"

/**
 * A position in the text that was sent, as a place in the statement with which that text ends. PostgreSQL counts
 * characters from 1.
 */
const placeOf = (position: string, sent: string, statement: string): string => {
  const characters = [...statement]
  const before = characters.slice(0, Math.max(0, Number(position) - 1 - [...sent].length + characters.length))
  const line = before.filter((character) => character === "\n").length + 1
  return `, at line ${line}, character ${before.length - before.lastIndexOf("\n")}`
}

/** `sent`: the text that was sent for the statement, where it ends with the statement. */
export const toStatementError =
  (statement: string, sent?: string) =>
  (error: SqlError | DatabaseError | StatementError): DatabaseError | StatementError => {
    if (error._tag !== "SqlError") return error
    const fields = serverFields(error.reason.cause)
    if (fields === undefined) return toDatabaseError(error)
    const { code, detail, hint, message, position } = fields
    const place = position === undefined || sent === undefined ? "" : placeOf(position, sent, statement)
    // The advice for a read-only server does not apply: this transaction is read-only itself.
    const next = code === "25006" ? "" : (advice[code] ?? "")
    const said = [
      `PostgreSQL reports: ${message}${place} (SQLSTATE ${code}).${next}`,
      ...(detail === undefined ? [] : [`Detail: ${detail}`]),
      ...(hint === undefined ? [] : [`Hint: ${hint}`]),
    ].join(" ")
    return new StatementError({ message: describeState(code, message), said: Redacted.make(said), sqlState: code })
  }
