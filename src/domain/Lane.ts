// Lanes: fixed groups of e-mails, by hash, which several connections write and commit independently.

import type { Chunk, Position } from "./Chunk.ts"
import type { UserRecord, Winner } from "./UserRecord.ts"
import { RowSet } from "./rows/RowSet.ts"
import type { Format } from "./Format.ts"
import { laneCount, laneOf } from "./laneOf.ts"
import type { Reject } from "./Reject.ts"

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
  readonly users: ReadonlyArray<UserRecord>
  /** The last version of each user: see `winners`. */
  readonly winners: ReadonlyArray<Winner>
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
export const wholeFile = ({ format, header, rejects, users }: Chunk): Share => ({
  users,
  winners: RowSet.of(users).winners,
  rejects,
  checkpoint: { _tag: "File", header, format },
})

/**
 * Splits a chunk into `count` shares, 1 to 16; each has the same lanes in every chunk. `committed`: how far an earlier
 * attempt committed each lane, by number; records before that are left out.
 */
export const shares = (
  { from, rejects, to, users }: Chunk,
  count: number,
  committed: ReadonlyArray<Position>,
): ReadonlyArray<Share> => {
  const start = (lane: number) => Math.max(from.byteOffset, committed[lane]?.byteOffset ?? 0)
  const isSplit = count > 1 || committed.some(({ byteOffset }) => byteOffset > from.byteOffset)
  const usersOf: ReadonlyArray<Array<UserRecord>> = Array.from({ length: count }, () => [])
  if (isSplit) {
    for (const record of users) {
      const lane = laneOf(record.user.email)
      if (record.byteOffset >= start(lane)) usersOf[lane % count]!.push(record)
    }
  }
  return usersOf.map((some, number) => {
    const lanes: Array<LaneCheckpoint> = []
    for (let lane = number; lane < laneCount; lane += count) {
      if (start(lane) < to.byteOffset) lanes.push({ lane, byteOffset: start(lane) })
    }
    const own = isSplit ? some : users
    return {
      users: own,
      winners: RowSet.of(own).winners,
      rejects: rejectLane % count === number ? rejects.filter(({ byteOffset }) => byteOffset >= start(rejectLane)) : [],
      checkpoint: { _tag: "Lanes", lanes, to },
    }
  })
}
