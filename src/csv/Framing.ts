// Frames the records of a file whose header is known: bytes come in, batches of records go out.

import type { Position } from "../domain/Chunk.ts"
import { noRows, type Rows } from "../domain/rows/Rows.ts"
import type { Frame } from "./frame.ts"
import { framerAfter, type Header } from "./header.ts"
import type { PlainWalk } from "./plain/PlainWalk.ts"
import type { RecordFramer } from "./RecordFramer.ts"

/** Consecutive records of a file. */
export interface FramedRecords {
  readonly fileId: number
  readonly header: Header
  /** Where the records of the file, or of the part being read, begin: not those of this batch. */
  readonly start: Position
  /** Those that are plain. */
  readonly rows: Rows
  /** All others: see `plainBefore`. */
  readonly frames: ReadonlyArray<Frame>
  /** Rows without text among them, which are no records. */
  readonly blankRows: number
}

export interface FramingOptions {
  /** The file's number, which its rows have. */
  readonly fileId: number
  /** The header, and the walk that was made for such files: undefined where none of their records is plain. */
  readonly header: Header
  readonly plain: PlainWalk | undefined
  /** Where the first record begins. */
  readonly start: Position
  readonly maxRecordSize: number
}

/** One batch at a time: the next one is framed when this one is decoded, and its rows are taken. */
export class Framing {
  private readonly options: FramingOptions
  private readonly framer: RecordFramer
  /** Blank rows that are reported. */
  private blankRows = 0

  constructor(options: FramingOptions) {
    const { header, maxRecordSize, plain, start } = options
    this.options = options
    this.framer = framerAfter(header, start, maxRecordSize, plain)
  }

  /** A batch of no records: the header is found. */
  get first(): FramedRecords {
    return this.batchOf([])
  }

  /** The records that end in these bytes. */
  *push(bytes: Uint8Array): Generator<FramedRecords> {
    for (const frames of this.framer.push(bytes)) yield this.batchOf(frames)
  }

  /** Those that are left at the end of the file. */
  *finish(): Generator<FramedRecords> {
    for (const frames of this.framer.finish()) yield this.batchOf(frames)
    // What is after the last record counts too.
    if (this.framer.blankRows > this.blankRows) yield this.batchOf([])
  }

  private batchOf(frames: ReadonlyArray<Frame>): FramedRecords {
    const { fileId, header, plain, start } = this.options
    const rows = plain !== undefined && plain.count > 0 ? plain.takeRows(fileId) : noRows
    const blankRows = this.framer.blankRows - this.blankRows
    this.blankRows += blankRows
    return { fileId, header, start, rows, frames, blankRows }
  }
}
