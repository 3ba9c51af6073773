import type { Reject } from "./Reject.ts"
import type { User } from "./User.ts"

/** A position between two records of a file: the bytes (inflated) before it, and the physical line on which it is. */
export interface Position {
  readonly byteOffset: number
  readonly line: number
}

/** A user, and the record that tells of it. */
export interface UserRecord {
  readonly user: User
  /** Where the record begins in its file's (inflated) bytes. */
  readonly byteOffset: number
  /** The physical line on which it begins. */
  readonly line: number
  /** The whole record as it stands in the file, without its line end. */
  readonly raw: Uint8Array
}

/** Consecutive records of a file: the unit of commit. Each record is in `users` or in `rejects`, in the file's order. */
export interface Chunk {
  readonly users: ReadonlyArray<UserRecord>
  readonly rejects: ReadonlyArray<Reject>
  readonly from: Position
  readonly to: Position
  /** The bytes of the file's header, without its line end: what it takes to go on at `to`. */
  readonly header: Uint8Array
  /** The file, or the range of it that is read, ends with it. A chunk that is full at that end does not know. */
  readonly isLast: boolean
}

/**
 * Last version wins: whether a record that was read later replaces one of the same e-mail that was read earlier.
 * Days are `YYYY-MM-DD`; a missing one is older than any.
 */
const supersedes = (later: User, earlier: User): boolean => (later.updated_at ?? "") >= (earlier.updated_at ?? "")

/**
 * Whether two records of one e-mail are equal in all other columns. They are written out: 100,000 comparisons of equal
 * records take 20 ms, and 50 ms in a loop over the columns (medians of 35). A test changes each column in turn.
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
  left.status === right.status

/** The version of a user that a chunk leaves: the record itself, unless the chunk's records of the user differ. */
export interface Winner extends Pick<UserRecord, "user" | "byteOffset"> {
  /** Whether they differ, in any column. */
  readonly differs?: true
}

/** One winner an e-mail, sorted by e-mail (the order in which rows are locked); the other records are duplicates. */
export const winners = (records: ReadonlyArray<UserRecord>): ReadonlyArray<Winner> => {
  const byEmail = new Map<string, Winner>()
  for (const record of records) {
    const known = byEmail.get(record.user.email)
    if (known === undefined) {
      byEmail.set(record.user.email, record)
      continue
    }
    const differs = known.differs === true || !isSameUser(record.user, known.user)
    const { user, byteOffset } = supersedes(record.user, known.user) ? record : known
    byEmail.set(user.email, differs ? { user, byteOffset, differs } : { user, byteOffset })
  }
  // Texts sort faster than what must be compared by a function.
  return [...byEmail.keys()].sort().map((email) => byEmail.get(email)!)
}
