// The unit of commit: consecutive records of a file, and which version of each user wins among them.

import type { Format } from "./Format.ts"
import { compareInstants, type Instant } from "./Moment.ts"
import type { Reason, Reject } from "./Reject.ts"
import type { User } from "./User.ts"

/** A position between two records of a file: the (inflated) bytes before it, and its physical line. */
export interface Position {
  readonly byteOffset: number
  readonly line: number
}

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

/** Each of its records is in `users` or in `rejects`, in the file's order. */
export interface Chunk {
  readonly users: ReadonlyArray<UserRecord>
  readonly rejects: ReadonlyArray<Reject>
  readonly from: Position
  readonly to: Position
  /** The bytes of the file's header, without its line end: a load that resumes at `to` needs them. */
  readonly header: Uint8Array
  readonly format: Format
  /** The file, or its range that is read, ends with this chunk. False also where the chunk is full exactly there. */
  readonly isLast: boolean
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

/**
 * Last version wins: of the records of an e-mail, which are in the order in which they are read, the latest instant, and
 * the last one of those. Sorted by e-mail (the order in which rows are locked); the other records are duplicates.
 */
export const winners = (records: ReadonlyArray<UserRecord>): ReadonlyArray<Winner> => {
  const byEmail = new Map<string, Winner>()
  for (const record of records) {
    const known = byEmail.get(record.user.email)
    if (known === undefined) {
      byEmail.set(record.user.email, record)
      continue
    }
    const differs = known.differs === true || !isSameUser(record.user, known.user)
    const winner = compareInstants(record.instant, known.instant) >= 0 ? record : known
    const { user, instant, fileId, byteOffset } = winner
    byEmail.set(
      user.email,
      differs ? { user, instant, fileId, byteOffset, differs } : { user, instant, fileId, byteOffset },
    )
  }
  // Strings sort faster than objects that a function compares.
  return [...byEmail.keys()].sort().map((email) => byEmail.get(email)!)
}
