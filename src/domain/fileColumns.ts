// The columns of `users` that files fill, one entry each.

import { Option, Record, Struct } from "effect"
import { address, day, email, secret, status, text } from "./Column.ts"

/**
 * The schema of a user, the SQL and the report follow from these entries. A new column takes an entry here, a
 * migration, and what the compiler and the tests then name.
 *
 * `email` is the key: records of one e-mail are versions of one user. `updated_at` decides which version is the last.
 * `ip_address` is located.
 */
export const fileColumns = {
  source_id: text(64),
  first_name: text(80),
  last_name: text(80),
  email,
  gender: text(16),
  ip_address: address,
  created_at: day,
  updated_at: day,
  password: secret(text(64)),
  status,
}

/** The columns of `users` that files fill. */
export type UserColumn = keyof typeof fileColumns
export const userColumns: ReadonlyArray<UserColumn> = Struct.keys(fileColumns)

/** The most characters of the columns of text; null: any number. */
export type Widths = Readonly<Partial<Record<UserColumn, number | null>>>

/** Those of a new table. */
export const defaultWidths: Widths = Record.getSomes(
  Record.map(fileColumns, (column) => ("width" in column ? Option.some(column.width) : Option.none())),
)
