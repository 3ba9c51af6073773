// The users of a share for a repository, which may ask for them as objects or by column.

import type { Share } from "../domain/Lane.ts"
import type { UserShare } from "./UserRepo.ts"

/** Objects are made when they are asked for. */
export const userShare = ({ users }: Share, { isAhead, places }: Pick<UserShare, "isAhead" | "places">): UserShare => ({
  get records() {
    return users.records
  },
  get winners() {
    return users.winners
  },
  rows: users,
  places,
  isAhead,
})
