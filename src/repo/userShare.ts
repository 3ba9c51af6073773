// The users of a share for a repository: as objects, which are made when they are asked for, or by column.

import type { Share } from "../domain/Lane.ts"
import { type LastVersions, ofWinners } from "../domain/rows/LastVersions.ts"
import type { RowSet } from "../domain/rows/RowSet.ts"
import type { UserShare } from "./UserRepo.ts"

/** Not of a copy, `{ ...share, winners }`: what a repository changes before it passes the share on is what is written. */
const rows = new WeakMap<UserShare, RowSet>()

export const userShare = (
  { users }: Pick<Share, "users">,
  { isAhead, places }: Pick<UserShare, "isAhead" | "places">,
): UserShare => {
  const share = {
    get records() {
      return users.records
    },
    get winners() {
      return users.winners
    },
    places,
    isAhead,
  }
  rows.set(share, users)
  return share
}

/** The same for a repository of another program, which may keep it: with its objects from the start. */
export const objectShare = (...of: Parameters<typeof userShare>): UserShare => ({ ...userShare(...of) })

/** The winners by column: those of the library's own shares need no objects. */
export const versionsOf = (share: UserShare): LastVersions => rows.get(share)?.versions ?? ofWinners(share.winners)
