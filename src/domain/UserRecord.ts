// A user with the record that it was decoded from, and the version of a user that wins.

import type { Instant } from "./Moment.ts"
import type { Reason } from "./Reject.ts"
import type { User } from "./User.ts"

/** A user, and the record that it was decoded from. */
export interface UserRecord {
  readonly user: User
  /** The instant of `updated_at`, exact to the microsecond; null without one. */
  readonly instant: Instant | null
  /** The values of the record that could not be used and are null instead; undefined: none. */
  readonly blanked?: ReadonlyArray<Reason> | undefined
  /** The number of its file, in the order in which files are read; 0 outside of a run. */
  readonly fileId: number
  /** Where the record starts in its file's (inflated) bytes. */
  readonly byteOffset: number
  /** The physical line on which it starts. */
  readonly line: number
  /** The whole record as in the file, without its line end. */
  readonly raw: Uint8Array
}

/**
 * Whether two records of one e-mail are equal in all other columns. The columns are written out: 100,000 comparisons of
 * equal records take 20 ms, and 50 ms in a loop over the columns (medians of 35). A test changes each column in turn.
 */
export const isSameUser = (left: User, right: User): boolean =>
  left.source_id === right.source_id &&
  left.first_name === right.first_name &&
  left.last_name === right.last_name &&
  left.gender === right.gender &&
  left.ip_address === right.ip_address &&
  left.created_at === right.created_at &&
  left.updated_at === right.updated_at &&
  left.password === right.password &&
  left.status === right.status &&
  left.extra === right.extra

/** The last version of a user in a chunk. */
export interface Winner extends Pick<UserRecord, "user" | "instant" | "fileId" | "byteOffset"> {
  /** The chunk's records of the user differ, in any column. */
  readonly differs?: true
}
