// The stage `chunk`: decoded records become chunks, the unit of commit.

import { Stream } from "effect"
import type { Chunk, Position } from "../domain/Chunk.ts"
import type { UserRecord } from "../domain/UserRecord.ts"
import * as Footprint from "../domain/footprint.ts"
import type { Reject } from "../domain/Reject.ts"
import { type DecodedRecords, isReject } from "./decodeRecords.ts"
import type { Header } from "./header.ts"

/** The most bytes of a chunk. */
const maxChunkBytes = 8 * 1024 * 1024

const endOfRecords = Symbol("end of records")

/** The chunk being filled. */
class ChunkBuilder {
  private users: Array<UserRecord> = []
  private rejects: Array<Reject> = []
  private bytes = 0
  private from: Position
  private to: Position
  private readonly header: Header
  private readonly chunkSize: number

  constructor({ header, start }: DecodedRecords, chunkSize: number) {
    this.from = this.to = start
    this.header = header
    this.chunkSize = chunkSize
  }

  /** Adds records; returns the chunks that they complete. */
  add({ frames, records }: DecodedRecords): ReadonlyArray<Chunk> {
    const complete: Array<Chunk> = []
    for (let index = 0; index < records.length; index++) {
      const record = records[index]!
      const frame = frames[index]!
      if (isReject(record)) this.rejects.push(record)
      else this.users.push(record)
      this.bytes += Footprint.ofRecord(
        frame.nextOffset - this.to.byteOffset,
        isReject(record) ? record.reasons : record.blanked,
      )
      if (!isReject(record)) this.bytes += Footprint.ofUser(record.user)
      this.to = { byteOffset: frame.nextOffset, line: frame.nextLine }
      const isFull = this.users.length + this.rejects.length >= this.chunkSize || this.bytes >= maxChunkBytes
      if (isFull) complete.push(...this.end(false))
    }
    return complete
  }

  end(isLast: boolean): ReadonlyArray<Chunk> {
    if (this.users.length + this.rejects.length === 0) return []
    const { users, rejects, from, to } = this
    const { bytes: header, format } = this.header
    const chunk = { users, rejects, from, to, header, format, isLast }
    this.users = []
    this.rejects = []
    this.bytes = 0
    this.from = this.to
    return [chunk]
  }
}

/**
 * Chunks of at most `chunkSize` records, or fewer where they take much memory. Where the stream fails, what came before
 * is a chunk too.
 */
export const chunk =
  (chunkSize: number) =>
  <E, R>(decoded: Stream.Stream<DecodedRecords, E, R>): Stream.Stream<Chunk, E, R> =>
    decoded.pipe(
      Stream.filter(({ frames }) => frames.length > 0),
      // Not `onHalt`, which also runs when the stream fails: its chunk is not the last one.
      Stream.concat(Stream.succeed(endOfRecords)),
      Stream.mapAccum(
        (): ChunkBuilder | undefined => undefined,
        (filling, batch) => {
          if (batch === endOfRecords) return [undefined, filling?.end(true) ?? []] as const
          const builder = filling ?? new ChunkBuilder(batch, chunkSize)
          return [builder, builder.add(batch)] as const
        },
        { onHalt: (filling) => filling?.end(false) ?? [] },
      ),
    )
