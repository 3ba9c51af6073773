// A row of `users` in memory, and how a later version changes it.

import { isSameUser, type Winner } from "../domain/UserRecord.ts"
import type { Location } from "../domain/Location.ts"
import { compareInstants, firstInstant, type Instant } from "../domain/Moment.ts"
import type { UpsertOutcome } from "../repo/UserRepo.ts"
import type { User } from "../domain/User.ts"

/** A row of `users`. */
export interface StoredUser {
  readonly user: User
  /** Of `updated_at`. Null without one, and in a row that is older than instants: days decide then. */
  readonly instant: Instant | null
  readonly fileId: number
  readonly byteOffset: number
  readonly updated: boolean
  readonly location: Location | null
}

const hasDayOnly = ({ instant, user }: StoredUser): boolean => instant === null && user.updated_at !== null

const isNewer = (incoming: Winner, stored: StoredUser): boolean => {
  const { fileId } = incoming
  const order = hasDayOnly(stored)
    ? compareInstants(firstInstant(incoming.user.updated_at), firstInstant(stored.user.updated_at))
    : compareInstants(incoming.instant, stored.instant)
  if (order !== 0) return order > 0
  return fileId === stored.fileId ? incoming.byteOffset >= stored.byteOffset : fileId > stored.fileId
}

/** Merges a chunk's winner into the stored row: the outcome that counts, and the new row. */
export const merge = (
  incoming: Winner,
  place: Location | null,
  stored: StoredUser | undefined,
): readonly [keyof Omit<UpsertOutcome, "refused">, StoredUser] => {
  const { user, instant, fileId, byteOffset, differs = false } = incoming
  const version = { instant, fileId, byteOffset }
  if (stored === undefined) return ["inserted", { user, ...version, updated: differs, location: place }]
  const isOther = !isSameUser(user, stored.user)
  const sameAddress = user.ip_address === stored.user.ip_address
  const known = { ...stored, updated: stored.updated || differs || isOther }
  const filled = sameAddress && stored.location === null ? { ...known, location: place } : known
  const newer = isNewer(incoming, stored)
  if (!isOther) return ["unchanged", newer || hasDayOnly(stored) ? { ...filled, ...version } : filled]
  if (!newer) return ["stale", filled]
  return ["updated", { ...known, user, ...version, location: place ?? (sameAddress ? stored.location : null) }]
}
