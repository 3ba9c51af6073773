// Which e-mails of a share have to be looked up: hardly any in a first load, where looking up costs as much as inserting.

import { Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { sqlState } from "../../domain/DatabaseError.ts"
import type { LastVersions } from "../../domain/rows/LastVersions.ts"
import { SentEmails } from "./SentEmails.ts"

const uniqueViolation = "23505"

/** Where more than this share of the e-mails may be stored, all are looked up: those are sent once more. */
const mostSent = 1 / 8

/**
 * The places of the versions whose e-mails may be stored; undefined: any may be. The table is empty when it is asked for
 * the first time, or any may be for ever. Another program may insert the others meanwhile: then the statement that does not
 * look them up fails, and from `onFailure` on any may be stored.
 */
export const makeNewEmails = Effect.fnUntraced(function* (sql: SqlClient) {
  let sent: SentEmails | undefined
  const begin = yield* Effect.cached(
    Effect.map(sql<{ isEmpty: boolean }>`select not exists (select from users) as "isEmpty"`, ([table]): void => {
      if (table!.isEmpty) sent = new SentEmails()
    }),
  )
  return {
    mayBeStored: (versions: LastVersions): Effect.Effect<ReadonlyArray<number> | undefined, SqlError> =>
      Effect.map(begin, () => {
        const places = sent?.add(versions)
        return places !== undefined && places.length <= versions.numbers.length * mostSent ? places : undefined
      }),
    onFailure: (error: SqlError): void => {
      if (sqlState(error) === uniqueViolation) sent = undefined
    },
  }
})
