// The upsert of some users: its text, and its parameters.

import type { Winner } from "../../domain/UserRecord.ts"
import type { UserShare } from "../../repo/UserRepo.ts"
import { placeArrays } from "../locations/placeColumns.ts"
import { type UpsertOptions, upsertUsers } from "./upsertUsers.ts"
import { extraArray, microsArray, userArrays } from "./userArrays.ts"

/** Rows in one statement: its arrays are copied several times before they are sent. */
export const maxRows = 5_000

interface Upsert {
  /** See `upsertUsers`. */
  readonly tables: string
  /** From `$2` on. */
  readonly parameters: ReadonlyArray<unknown>
}

export const upsertOf = (
  rows: ReadonlyArray<Winner>,
  places: UserShare["places"],
  options: Pick<UpsertOptions, "isAhead" | "isGuarded">,
): Upsert => {
  const hasPlaces = places.size > 0
  const micros = microsArray(rows)
  const extra = extraArray(rows)
  return {
    tables: upsertUsers({ ...options, hasMicros: micros !== undefined, hasExtra: extra !== undefined, hasPlaces }),
    parameters: [
      ...userArrays(rows),
      ...(micros === undefined ? [] : [micros]),
      ...(extra === undefined ? [] : [extra]),
      ...(hasPlaces
        ? placeArrays(rows.map(({ user }) => (user.ip_address === null ? undefined : places.get(user.ip_address))))
        : []),
    ],
  }
}
