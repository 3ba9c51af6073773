// The stage `chunk`: decoded records become chunks, the unit of commit.

import { Stream } from "effect"
import type { Chunk, Position } from "../domain/Chunk.ts"
import * as Footprint from "../domain/footprint.ts"
import type { Reject } from "../domain/Reject.ts"
import { addRecord } from "../domain/rows/addRecord.ts"
import { appendRows } from "../domain/rows/appendRows.ts"
import type { Rows } from "../domain/rows/Rows.ts"
import { RowsPool } from "../domain/rows/RowsPool.ts"
import type { UserRecord } from "../domain/UserRecord.ts"
import { type DecodedRecords, isReject } from "./decodeRecords.ts"
import type { Frame } from "./frame.ts"
import type { Header } from "./header.ts"
import { nextOffset } from "./plain/nextOffset.ts"

/** The most bytes of a chunk. */
const maxChunkBytes = 8 * 1024 * 1024

/** Rows for which a chunk has room from the start, and bytes for each of them: more is made where it is needed. */
const firstRows = 1_024
const recordBytes = 128

const endOfRecords = Symbol("end of records")

/** The chunk being filled. */
class ChunkBuilder {
  private readonly pool: RowsPool
  private rows: Rows
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
    const count = Math.min(chunkSize, firstRows)
    this.pool = new RowsPool(count, count * recordBytes)
    this.rows = this.pool.take()
  }

  /** Adds records; returns the chunks that they complete. */
  add({ frames, records, rows }: DecodedRecords): ReadonlyArray<Chunk> {
    const complete: Array<Chunk> = []
    let plain = 0
    for (let index = 0; index < records.length; index++) {
      const frame = frames[index]!
      complete.push(...this.addRows(rows, plain, frame.plainBefore))
      plain = frame.plainBefore
      this.addRecord(records[index]!, frame)
      if (this.isFull) complete.push(this.end(false))
    }
    complete.push(...this.addRows(rows, plain, rows.count))
    rows.release()
    return complete
  }

  get isEmpty(): boolean {
    return this.rows.count + this.rejects.length === 0
  }

  end(isLast: boolean): Chunk {
    const { rows, rejects, from, to } = this
    const { bytes: header, format } = this.header
    if (!isLast) this.rows = this.pool.take()
    this.rejects = []
    this.bytes = 0
    this.from = this.to
    return { rows, rejects, from, to, header, format, isLast }
  }

  private get isFull(): boolean {
    return this.rows.count + this.rejects.length >= this.chunkSize || this.bytes >= maxChunkBytes
  }

  /** Adds rows of the batch, in as many chunks as it takes. */
  private *addRows(rows: Rows, first: number, end: number): Generator<Chunk> {
    let from = first
    while (from < end) {
      const most = Math.min(end, from + this.chunkSize - this.rows.count - this.rejects.length)
      let { bytes } = this
      let { byteOffset } = this.to
      let to = from
      for (; to < most && bytes < maxChunkBytes; to++) {
        const next = nextOffset(rows, to)
        bytes += Footprint.ofRow(next - byteOffset)
        byteOffset = next
      }
      appendRows(this.rows, rows, from, to)
      this.bytes = bytes
      this.to = { byteOffset, line: rows.lines[to - 1]! + 1 }
      from = to
      if (this.isFull) yield this.end(false)
    }
  }

  private addRecord(record: UserRecord | Reject, { nextLine, nextOffset }: Frame): void {
    const length = nextOffset - this.to.byteOffset
    if (isReject(record)) {
      this.rejects.push(record)
      this.bytes += Footprint.ofRecord(length, record.reasons)
    } else {
      const { used } = this.rows
      addRecord(this.rows, record)
      this.bytes += Footprint.ofRow(length, record.blanked) + this.rows.used - used - record.raw.length
    }
    this.to = { byteOffset: nextOffset, line: nextLine }
  }
}

/**
 * Chunks of at most `chunkSize` records, or fewer where they take much memory. Where the stream fails, what came before
 * is a chunk too.
 */
export const chunk =
  (chunkSize: number) =>
  <E, R>(decoded: Stream.Stream<DecodedRecords, E, R>): Stream.Stream<Chunk, E, R> => {
    const last = (filling: ChunkBuilder | undefined, isLast: boolean): ReadonlyArray<Chunk> =>
      filling === undefined || filling.isEmpty ? [] : [filling.end(isLast)]
    return decoded.pipe(
      Stream.filter(({ frames, rows }) => frames.length + rows.count > 0),
      // Not `onHalt`, which also runs when the stream fails: its chunk is not the last one.
      Stream.concat(Stream.succeed(endOfRecords)),
      Stream.mapAccum(
        (): ChunkBuilder | undefined => undefined,
        (filling, batch) => {
          if (batch === endOfRecords) return [undefined, last(filling, true)] as const
          const builder = filling ?? new ChunkBuilder(batch, chunkSize)
          return [builder, builder.add(batch)] as const
        },
        { onHalt: (filling) => last(filling, false) },
      ),
    )
  }
