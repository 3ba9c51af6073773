// A row of `users` in memory, and how a later version changes it.

import { isSameUser, type Winner } from "../domain/Chunk.ts"
import type { Location } from "../domain/Location.ts"
import type { UpsertOutcome } from "../repo/UserRepo.ts"
import type { User } from "../domain/User.ts"

/** A row of `users`. */
export interface StoredUser {
  readonly user: User
  readonly fileId: number
  readonly byteOffset: number
  readonly updated: boolean
  readonly location: Location | null
}

const isNewer = (incoming: Winner, stored: StoredUser): boolean => {
  const { fileId } = incoming
  const [left, right] = [incoming.user.updated_at ?? "", stored.user.updated_at ?? ""]
  if (left !== right) return left > right
  return fileId === stored.fileId ? incoming.byteOffset >= stored.byteOffset : fileId > stored.fileId
}

/** Merges a chunk's winner into the stored row: the outcome that counts, and the new row. */
export const merge = (
  incoming: Winner,
  place: Location | null,
  stored: StoredUser | undefined,
): readonly [keyof Omit<UpsertOutcome, "refused">, StoredUser] => {
  const { user, fileId, byteOffset, differs = false } = incoming
  if (stored === undefined) return ["inserted", { user, byteOffset, fileId, updated: differs, location: place }]
  const isOther = !isSameUser(user, stored.user)
  const sameAddress = user.ip_address === stored.user.ip_address
  const known = { ...stored, updated: stored.updated || differs || isOther }
  const filled = sameAddress && stored.location === null ? { ...known, location: place } : known
  const newer = isNewer(incoming, stored)
  if (!isOther) return ["unchanged", newer ? { ...filled, byteOffset, fileId } : filled]
  if (!newer) return ["stale", filled]
  return ["updated", { ...known, user, byteOffset, fileId, location: place ?? (sameAddress ? stored.location : null) }]
}
