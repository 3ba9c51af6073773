import { type Chunk, type Position, type UserRecord, type Winner, winners } from "./Chunk.ts"
import type { Reject } from "./Reject.ts"

/** Checkpoints are kept by lane: what an earlier attempt has committed is told by the same lanes. */
export const laneCount = 16

/** The lane of records that have no e-mail. */
const rejectLane = 0

/** FNV-1a over the characters: an e-mail's lane is the same for ever. */
export const laneOf = (email: string): number => {
  let hash = 0x811c9dc5
  for (let index = 0; index < email.length; index++) hash = Math.imul(hash ^ email.charCodeAt(index), 0x01000193)
  // The low bits alone would tell little of the first characters.
  return ((hash >>> 16) ^ hash) & (laneCount - 1)
}

/** How far a lane of a file is committed. */
export interface LaneCheckpoint {
  readonly lane: number
  readonly byteOffset: number
}

/** Where the lane stands that is behind the others: there an unfinished load goes on. */
export const earliest = (lanes: ReadonlyArray<Position>): Position =>
  lanes.reduce((left, right) => (right.byteOffset < left.byteOffset ? right : left))

/** What of a chunk one connection commits at once: the records of some lanes, in the file's order, and their checkpoints. */
export interface Share {
  readonly users: ReadonlyArray<UserRecord>
  /** What is left of `users`: see `winners`. */
  readonly winners: ReadonlyArray<Winner>
  readonly rejects: ReadonlyArray<Reject>
  /**
   * `Lanes`: these stand where they are told to, and move to the chunk's end. `File`: the chunk is the whole file, which is
   * loaded when it is committed.
   */
  readonly checkpoint:
    | { readonly _tag: "Lanes"; readonly lanes: ReadonlyArray<LaneCheckpoint>; readonly to: Position }
    | { readonly _tag: "File"; readonly header: Uint8Array }
}

/** The share of a file that is one chunk. */
export const wholeFile = ({ header, rejects, users }: Chunk): Share => ({
  users,
  winners: winners(users),
  rejects,
  checkpoint: { _tag: "File", header },
})

/**
 * Splits a chunk into `count` shares, 1 to 16, of which each has the same lanes in every chunk. `committed`: where
 * an earlier attempt left each lane, by number: what lies before is left out.
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
      winners: winners(own),
      rejects: rejectLane % count === number ? rejects.filter(({ byteOffset }) => byteOffset >= start(rejectLane)) : [],
      checkpoint: { _tag: "Lanes", lanes, to },
    }
  })
}
