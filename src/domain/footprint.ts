// About how much memory records take: what bounds a chunk, and how much of a file is in memory at once.

import type { BadValue } from "./BadValue.ts"
import type { Chunk } from "./Chunk.ts"
import type { User } from "./User.ts"
import type { Reason, Reject } from "./Reject.ts"

/** Bytes of a record's objects, which outweigh the text of a short record. Measured: 400 to 600. */
const recordBytes = 512

/** Bytes of a reason, without its text. */
const reasonBytes = 96

const ofReasons = (reasons: ReadonlyArray<Reason>): number =>
  reasons.reduce(
    (sum, { column, detail, message, value }) =>
      sum + reasonBytes + (column?.length ?? 0) + message.length + (value?.length ?? 0) + (detail?.length ?? 0),
    0,
  )

const noReasons: ReadonlyArray<Reason> = []

/** Bytes of memory for a record of `length` bytes in the file. `reasons`: of a reject, or of a user's bad values. */
export const ofRecord = (length: number, reasons: ReadonlyArray<Reason> = noReasons): number =>
  length + recordBytes + ofReasons(reasons)

export const ofReject = ({ raw, reasons }: Reject): number => ofRecord(raw.length, reasons)

export const ofBadValue = ({ reason }: BadValue): number => ofReasons([reason])

/** Bytes of a user beyond its record's: `extra` repeats the names of its fields. */
export const ofUser = ({ extra }: User): number => extra?.length ?? 0

/** Counts all of the chunk's bytes in the file: a block that was read stays in memory as long as any record in it. */
export const ofChunk = ({ from, rejects, to, users }: Chunk): number => {
  let bytes = to.byteOffset - from.byteOffset + users.length * recordBytes
  for (const { reasons } of rejects) bytes += ofRecord(0, reasons)
  for (const { blanked, user } of users) {
    bytes += ofUser(user)
    if (blanked !== undefined) bytes += ofReasons(blanked)
  }
  return bytes
}
