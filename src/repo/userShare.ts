// The users of a share for a repository: as objects, which are made when they are asked for, or by column.

import type { Share } from "../domain/Lane.ts"
import { type LastVersions, ofWinners } from "../domain/rows/LastVersions.ts"
import { placesByAddress, type RowPlaces } from "../domain/rows/RowPlaces.ts"
import type { RowSet } from "../domain/rows/RowSet.ts"
import type { UserShare } from "./UserRepo.ts"

/** The users by column, and their places by row. */
interface Columns {
  readonly users: RowSet
  readonly places: RowPlaces
}

/** Not of a copy, `{ ...share, winners }`: what a repository changes before it passes the share on is what is written. */
const columns = new WeakMap<UserShare, Columns>()

export const userShare = (
  { users }: Pick<Share, "users">,
  { isAhead, places }: Pick<UserShare, "isAhead"> & Pick<Columns, "places">,
): UserShare => {
  let byAddress: UserShare["places"] | undefined
  const share = {
    get records() {
      return users.records
    },
    get winners() {
      return users.winners
    },
    get places() {
      return (byAddress ??= placesByAddress(places, users.versions))
    },
    isAhead,
  }
  columns.set(share, { users, places })
  return share
}

/** The same for a repository of another program, which may keep it: with its objects from the start. */
export const objectShare = (...of: Parameters<typeof userShare>): UserShare => ({ ...userShare(...of) })

/** The winners by column: those of the library's own shares need no objects. */
export const versionsOf = (share: UserShare): LastVersions =>
  columns.get(share)?.users.versions ?? ofWinners(share.winners)

/** The places of these winners. */
export const rowPlacesOf = (share: UserShare): RowPlaces => columns.get(share)?.places ?? { byAddress: share.places }
