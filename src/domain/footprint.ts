// About how much memory records take: what bounds a chunk, and how much of a file is in memory at once.

import type { BadValue } from "./BadValue.ts"
import type { Chunk } from "./Chunk.ts"
import type { Reason, Reject } from "./Reject.ts"

/** Bytes of a reject's objects, which outweigh the text of a short record. Measured: 400 to 600. */
const recordBytes = 512

/** Bytes of a row's numbers, with room that is not in use. */
const rowBytes = 160

/** Bytes of a reason, without its text. */
const reasonBytes = 96

const ofReasons = (reasons: ReadonlyArray<Reason>): number =>
  reasons.reduce(
    (sum, { column, detail, message, value }) =>
      sum + reasonBytes + (column?.length ?? 0) + message.length + (value?.length ?? 0) + (detail?.length ?? 0),
    0,
  )

const noReasons: ReadonlyArray<Reason> = []

/** Bytes of memory for a reject of `length` bytes in the file. */
export const ofRecord = (length: number, reasons: ReadonlyArray<Reason> = noReasons): number =>
  length + recordBytes + ofReasons(reasons)

export const ofReject = ({ raw, reasons }: Reject): number => ofRecord(raw.length, reasons)

export const ofBadValue = ({ reason }: BadValue): number => ofReasons([reason])

/** Bytes of memory for a row whose record has `length` bytes in the file. `reasons`: of its bad values. */
export const ofRow = (length: number, reasons: ReadonlyArray<Reason> = noReasons): number =>
  length + rowBytes + ofReasons(reasons)

/** Counts all of the chunk's bytes in the file: a block that was read stays in memory as long as any reject in it. */
export const ofChunk = ({ from, rejects, rows, to }: Chunk): number => {
  let bytes = to.byteOffset - from.byteOffset + rows.used + rows.count * rowBytes
  for (const { reasons } of rejects) bytes += ofRecord(0, reasons)
  for (const reasons of rows.blanked.values()) bytes += ofReasons(reasons)
  return bytes
}
