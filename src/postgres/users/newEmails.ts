// Which e-mails of a share have to be looked up: in a first load hardly any, where a look-up costs half an insert.

import { Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { sqlState } from "../../domain/DatabaseError.ts"
import type { LastVersions } from "../../domain/rows/LastVersions.ts"
import { SentEmails } from "./SentEmails.ts"

const uniqueViolation = "23505"

/** Where more than this share of the e-mails may be stored, all are looked up: the others save too little. */
const mostSent = 1 / 4

/**
 * Where the table is empty before the first statement, only e-mails that were sent since can be stored. Other programs, and
 * transactions of this one, may insert more: then a statement that does not look them up fails, and from then on all are
 * looked up.
 */
export const makeNewEmails = (sql: SqlClient) => {
  let isAsked = false
  let sent: SentEmails | undefined

  // By its size: where rows were deleted, a search for one reads all that they have left.
  const isEmpty = sql<{ isEmpty: boolean }>`
    select coalesce(sum(pg_relation_size(relid)), pg_relation_size('users')) = 0 as "isEmpty"
    from pg_partition_tree('users')`

  const ask = Effect.map(isEmpty, ([table]) => {
    // Another share may have asked too, and sent its users since.
    if (!isAsked && table!.isEmpty) sent = new SentEmails()
    isAsked = true
  })

  return {
    /** Notes the e-mails as sent. Returns the indexes of the versions that may be stored; undefined: all may be. */
    mayBeStored: Effect.fnUntraced(function* (versions: LastVersions) {
      if (!isAsked) yield* ask
      const places = sent?.add(versions)
      return places !== undefined && places.length <= versions.numbers.length * mostSent ? places : undefined
    }),

    /** A statement failed. */
    failed: (error: SqlError): void => {
      if (sqlState(error) === uniqueViolation) sent = undefined
    },
  }
}
