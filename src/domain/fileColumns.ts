// The columns of `users` that files fill, one entry each.

import { Struct } from "effect"
import { address, day, email, extra, secret, status, text } from "./Column.ts"

/** The columns that one field of a record fills. */
const byField = {
  source_id: text(64),
  first_name: text(80),
  last_name: text(80),
  email,
  gender: text(64),
  ip_address: address,
  created_at: day,
  updated_at: day,
  password: secret(text(255)),
  status,
}

/**
 * The schema of a user, the SQL and the report follow from these entries. A new column takes an entry here, a
 * migration, and what the compiler and the tests then name.
 *
 * `email` is the key: records of one e-mail are versions of one user. `updated_at` decides which version is the last.
 * `ip_address` is located. `extra` has the fields that a mapping keeps without a column of their own.
 */
export const fileColumns = { ...byField, extra }

/** The columns of `users` that files fill. */
export type UserColumn = keyof typeof fileColumns
export const userColumns: ReadonlyArray<UserColumn> = Struct.keys(fileColumns)

/** Those of them that one field of a record fills: all but `extra`. */
export type FieldColumn = keyof typeof byField
export const fieldColumns: ReadonlyArray<FieldColumn> = Struct.keys(byField)
