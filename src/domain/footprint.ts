/** About how much memory records take: what bounds a chunk, and what of a file is in memory at once. */
import type { Chunk } from "./Chunk.ts"
import type { Reason, Reject } from "./Reject.ts"

/** Bytes of the objects that a record becomes. They outweigh its text where it is short. Measured: 400 to 600. */
const recordBytes = 512

/** Bytes of a reason, beside its text. */
const reasonBytes = 96

const ofReasons = (reasons: ReadonlyArray<Reason>): number =>
  reasons.reduce(
    (sum, { column, message, detail }) =>
      sum + reasonBytes + (column?.length ?? 0) + message.length + (detail?.length ?? 0),
    0,
  )

const noReasons: ReadonlyArray<Reason> = []

/** Bytes that a record takes which has so many in the file. */
export const ofRecord = (length: number, reasons: ReadonlyArray<Reason> = noReasons): number =>
  length + recordBytes + ofReasons(reasons)

export const ofReject = ({ raw, reasons }: Reject): number => ofRecord(raw.length, reasons)

/** Bytes of the file count wherever they stand: the blocks that were read live as long as a record in them. */
export const ofChunk = ({ from, rejects, to, users }: Chunk): number =>
  rejects.reduce(
    (sum, { reasons }) => sum + ofRecord(0, reasons),
    to.byteOffset - from.byteOffset + users.length * recordBytes,
  )
