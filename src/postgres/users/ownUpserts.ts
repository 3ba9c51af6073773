// Which functions are the `upsert` of `PgUserRepo`, whose statement a commit may join with its own.

import type { SqlClient } from "effect/sql/SqlClient"

/** By function: the transactions of its client. A function that wraps it, or another's, is not there. */
const transactions = new WeakMap<object, SqlClient["transactionService"]>()

export const addOwnUpsert = (upsert: object, sql: SqlClient): void => {
  transactions.set(upsert, sql.transactionService)
}

/** Whether the function does nothing but upsert into the table `users` of the client's database. */
export const isOwnUpsert = (upsert: object, sql: SqlClient): boolean =>
  transactions.get(upsert) === sql.transactionService
