// The users of a chunk by column, in typed arrays: a record costs no object.

import type { Reason } from "../Reject.ts"
import { grown } from "./grown.ts"
import { dayColumns, noDay, noInstant, textColumns } from "./layout.ts"

/** Positions are `Int32`. */
const mostBytes = 2 ** 31 - 1

const texts = textColumns.length
const days = dayColumns.length

/**
 * The layout. A row is a record's user; rows are in the file's order.
 *
 * ```text
 *   bytes   | record of row 0 | record of row 1 | texts made for row 1 | record of row 2 | ...
 *             ^at[0]            ^at[1]                                    ^at[2]
 *             <-- size[0] -->   <-- size[1] -->
 *
 *   starts, lengths   | row 0: one number a column of text | row 1: ... |   starts count from `at` of the row
 *   days              | row 0: one number a column of days | row 1: ... |   since 1970-01-01, or `noDay`
 *   all others        | row 0 | row 1 | ...
 * ```
 *
 * Texts are UTF-8. Where a text is what its field has, it lies in the record; one that was made of it (an e-mail in
 * lower case, all of a record that the Schema has decoded) lies after it.
 */
export class Rows {
  count = 0
  bytes: Buffer
  /** How many of the bytes are in use. */
  used = 0
  /** Where the record begins in `bytes`, and how many bytes it has. */
  at: Int32Array
  size: Int32Array
  /** Of the texts; a length of -1 is null. */
  starts: Int32Array
  lengths: Int32Array
  days: Int32Array
  /** The instant of `updated_at`: seconds since 1970, or `noInstant`, and microseconds after them. */
  seconds: Float64Array
  micros: Int32Array
  /** 1 true, 0 false, -1 null. */
  status: Int8Array
  /** Of the e-mail: see `laneOf`. */
  lanes: Uint8Array
  fileIds: Int32Array
  /** Where the record starts in its file's bytes, and on which physical line. */
  offsets: Float64Array
  lines: Float64Array
  /** The values of a row that could not be used and are null instead: hardly any row has some. */
  readonly blanked = new Map<number, ReadonlyArray<Reason>>()
  /**
   * Rows that may have a word for nothing in a column of text, where it is text: noted by who reads a file. A row that is
   * not taken after all stays noted.
   */
  readonly nullWordRows: Array<number> = []
  private readonly onRelease: ((rows: Rows) => void) | undefined

  /**
   * With room for that many rows and bytes; more is made when it is needed. All values are null: whoever fills the
   * same columns each time need not write the others. `onRelease`: see `RowsPool`.
   */
  constructor(rows: number, bytes: number, onRelease?: (rows: Rows) => void) {
    this.onRelease = onRelease
    this.bytes = Buffer.allocUnsafeSlow(bytes)
    this.at = new Int32Array(rows)
    this.size = new Int32Array(rows)
    this.starts = new Int32Array(rows * texts)
    this.lengths = new Int32Array(rows * texts)
    this.days = new Int32Array(rows * days)
    this.seconds = new Float64Array(rows)
    this.micros = new Int32Array(rows)
    this.status = new Int8Array(rows)
    this.lanes = new Uint8Array(rows)
    this.fileIds = new Int32Array(rows)
    this.offsets = new Float64Array(rows)
    this.lines = new Float64Array(rows)
    this.lengths.fill(-1)
    this.days.fill(noDay)
    this.seconds.fill(noInstant)
    this.status.fill(-1)
  }

  /** How many rows there is room for. */
  get capacity(): number {
    return this.at.length
  }

  /** Nobody reads them any more: they may hold other rows from now on. */
  release(): void {
    this.onRelease?.(this)
  }

  clear(): void {
    this.count = 0
    this.used = 0
    this.blanked.clear()
    this.nullWordRows.length = 0
  }

  noteNullWord(row: number): void {
    if (this.nullWordRows.at(-1) !== row) this.nullWordRows.push(row)
  }

  /** Leaves out the rows from that one on. */
  truncate(count: number): void {
    if (count < this.count) this.used = this.at[count]!
    this.count = count
  }

  /** Makes room for more bytes. */
  needBytes(count: number): void {
    const needed = this.used + count
    if (needed <= this.bytes.length) return
    if (needed > mostBytes) throw new RangeError(`Rows hold ${mostBytes} bytes at most.`)
    const bytes = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length))
    bytes.set(this.bytes.subarray(0, this.used))
    this.bytes = bytes
  }

  /** Makes room for more rows. */
  needRows(count: number): void {
    const needed = this.count + count
    if (needed <= this.capacity) return
    const rows = Math.max(needed, 2 * this.capacity)
    this.at = grown(this.at, new Int32Array(rows))
    this.size = grown(this.size, new Int32Array(rows))
    this.starts = grown(this.starts, new Int32Array(rows * texts))
    this.lengths = grown(this.lengths, new Int32Array(rows * texts))
    this.days = grown(this.days, new Int32Array(rows * days))
    this.seconds = grown(this.seconds, new Float64Array(rows))
    this.micros = grown(this.micros, new Int32Array(rows))
    this.status = grown(this.status, new Int8Array(rows))
    this.lanes = grown(this.lanes, new Uint8Array(rows))
    this.fileIds = grown(this.fileIds, new Int32Array(rows))
    this.offsets = grown(this.offsets, new Float64Array(rows))
    this.lines = grown(this.lines, new Float64Array(rows))
    this.lengths.fill(-1, this.count * texts)
    this.days.fill(noDay, this.count * days)
    this.seconds.fill(noInstant, this.count)
    this.status.fill(-1, this.count)
  }
}

export const noRows = new Rows(0, 0)
