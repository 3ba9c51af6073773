// Lanes: fixed groups of e-mails, by hash, which several connections write and commit independently.

import type { Chunk, Position } from "./Chunk.ts"
import type { Format } from "./Format.ts"
import { laneCount } from "./laneOf.ts"
import type { Reject } from "./Reject.ts"
import type { Rows } from "./rows/Rows.ts"
import { RowSet } from "./rows/RowSet.ts"

/** The lane of rejects: they have no e-mail to hash. */
const rejectLane = 0

/** How far a lane of a file is committed. */
export interface LaneCheckpoint {
  readonly lane: number
  readonly byteOffset: number
}

/** The position of the lane that is furthest behind: there an unfinished load resumes. */
export const earliest = (lanes: ReadonlyArray<Position>): Position =>
  lanes.reduce((left, right) => (right.byteOffset < left.byteOffset ? right : left))

/** What one connection commits of a chunk: the records of some lanes, in the file's order, and their checkpoints. */
export interface Share {
  readonly users: RowSet
  readonly rejects: ReadonlyArray<Reject>
  /**
   * `Lanes`: each must be at its byte offset, and moves to `to`. `File`: the chunk is the whole file, which is loaded
   * when the chunk is committed.
   */
  readonly checkpoint:
    | { readonly _tag: "Lanes"; readonly lanes: ReadonlyArray<LaneCheckpoint>; readonly to: Position }
    | { readonly _tag: "File"; readonly header: Uint8Array; readonly format: Format }
}

/** The share of a file that is one chunk. */
export const wholeFile = ({ format, header, rejects, rows }: Chunk): Share => ({
  users: RowSet.all(rows),
  rejects,
  checkpoint: { _tag: "File", header, format },
})

/** Divides rows by their lanes; those that are committed are left out. */
const divide = (rows: Rows, count: number, starts: ReadonlyArray<number>): ReadonlyArray<RowSet> => {
  const numbersOf = Array.from({ length: count }, () => new Int32Array(rows.count))
  const counts = new Int32Array(count)
  for (let row = 0; row < rows.count; row++) {
    const lane = rows.lanes[row]!
    const share = lane % count
    if (rows.offsets[row]! >= starts[lane]!) numbersOf[share]![counts[share]!++] = row
  }
  return numbersOf.map((numbers, share) => new RowSet(rows, numbers.subarray(0, counts[share])))
}

/**
 * Splits a chunk into `count` shares, 1 to 16; each has the same lanes in every chunk. `committed`: how far an earlier
 * attempt committed each lane, by number; records before that are left out.
 */
export const shares = (
  { from, rejects, rows, to }: Chunk,
  count: number,
  committed: ReadonlyArray<Position>,
): ReadonlyArray<Share> => {
  const starts = Array.from({ length: laneCount }, (_, lane) =>
    Math.max(from.byteOffset, committed[lane]?.byteOffset ?? 0),
  )
  const isSplit = count > 1 || starts.some((start) => start > from.byteOffset)
  return (isSplit ? divide(rows, count, starts) : [RowSet.all(rows)]).map((users, number) => {
    const lanes: Array<LaneCheckpoint> = []
    for (let lane = number; lane < laneCount; lane += count) {
      if (starts[lane]! < to.byteOffset) lanes.push({ lane, byteOffset: starts[lane]! })
    }
    const isOfRejects = rejectLane % count === number
    return {
      users,
      rejects: isOfRejects ? rejects.filter(({ byteOffset }) => byteOffset >= starts[rejectLane]!) : [],
      checkpoint: { _tag: "Lanes", lanes, to },
    }
  })
}
