// The users of a share for a repository, which may ask for them as objects or by column.

import type { Share } from "../domain/Lane.ts"
import type { UserShare } from "./UserRepo.ts"

/**
 * Objects are made when they are asked for. A copy, `{ ...share, winners }`, is without `rows`: what a repository changes
 * before it passes the share on is what is written.
 */
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
  return Object.defineProperty(share, "rows", { value: users, enumerable: false })
}
