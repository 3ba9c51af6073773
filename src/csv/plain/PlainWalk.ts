// Walks the bytes of a file and writes its plain records into rows: those whose users bytes alone tell with certainty.

import type { Format } from "../../domain/Format.ts"
import { textColumns, textNumber } from "../../domain/rows/layout.ts"
import { Rows } from "../../domain/rows/Rows.ts"
import { RowsPool } from "../../domain/rows/RowsPool.ts"
import type { FieldCounts } from "../FieldCounts.ts"
import type { Fitted } from "../fitHeader.ts"
import { LineFields, NOT_COMPLETE } from "./LineFields.ts"
import { PlainColumns } from "./PlainColumns.ts"
import { lowerCase } from "./WordTable.ts"

/** The most rows and bytes of a batch. */
const mostRows = 4096
const mostBytes = 512 * 1024

/** The most bytes of a plain record. */
const longestRecord = 64 * 1024

/** Of the first batch: there is room for the longest record, copied, and with its e-mail in lower case. */
const firstRows = 256
const firstBytes = 3 * longestRecord

/** Why a walk stopped: it is not certain of the record; its end is not there yet; there is no room for another row. */
export type Stop = "uncertain" | "incomplete" | "full"

const copy = (rows: Rows, bytes: Uint8Array, start: number, end: number): void => {
  if (end > start) rows.bytes.set(bytes.subarray(start, end), rows.used)
  rows.used += end - start
}

/** Puts the e-mail of the last row in lower case after it. */
const lowerEmail = (rows: Rows, row: number): void => {
  const { at, bytes, lengths, starts, used } = rows
  const cell = row * textColumns.length + textNumber.email
  const length = lengths[cell]!
  const start = at[row]! + starts[cell]!
  for (let index = 0; index < length; index++) bytes[used + index] = lowerCase[bytes[start + index]!]!
  starts[cell] = used - at[row]!
  rows.used += length
}

/**
 * Rejects nothing: it stops at what it is not certain of, and the Schema decides. The file's bytes are copied, never
 * written to. In `rows.bytes`, each record has its line end behind it.
 */
export class PlainWalk {
  /** Why the last walk stopped. */
  stop: Stop = "incomplete"
  /** The most bytes of a plain record: one that is longer is never waited for. */
  readonly longest: number
  private readonly pool = new RowsPool(mostRows, mostBytes)
  /** Small files have few rows: the first batch is small. */
  private rows: Rows | undefined = new Rows(firstRows, firstBytes)
  private readonly fields: LineFields
  private readonly columns: PlainColumns

  constructor(fields: LineFields, columns: PlainColumns, longest: number) {
    this.fields = fields
    this.columns = columns
    this.longest = longest
  }

  /** How many plain records there are since `takeRows`. */
  get count(): number {
    return this.rows === undefined ? 0 : this.rows.count
  }

  /**
   * Takes plain records that follow one another from `from` on. The first one begins at `offset` of the file, on `line`;
   * each is one line. Returns where the first record begins that it did not take, and sets `stop`.
   */
  walk(bytes: Uint8Array, from: number, offset: number, line: number): number {
    const { columns, fields } = this
    const rows = (this.rows ??= this.pool.take())
    const first = rows.count
    /** Consecutive records are copied at once. */
    let copied = from
    let begin = from
    for (;;) {
      const next = fields.find(bytes, begin)
      if (next < 0) {
        this.stop = next === NOT_COMPLETE ? "incomplete" : "uncertain"
        break
      }
      // With an e-mail in lower case after it.
      const room = rows.bytes.length - rows.used - (next - copied) - (next - begin)
      if (rows.count === rows.capacity || room < 0) {
        this.stop = "full"
        break
      }
      const row = rows.count
      if (!columns.write(rows, fields, bytes, begin)) {
        this.stop = "uncertain"
        break
      }
      rows.at[row] = rows.used + begin - copied
      rows.size[row] = fields.end - begin
      rows.offsets[row] = offset + begin - from
      rows.lines[row] = line + row - first
      rows.count++
      begin = next
      if (columns.hasCapitals) {
        copy(rows, bytes, copied, begin)
        copied = begin
        lowerEmail(rows, row)
      }
      if (begin === bytes.length) {
        this.stop = "incomplete"
        break
      }
    }
    copy(rows, bytes, copied, begin)
    return begin
  }

  /**
   * The plain records of a file since it was asked before, in the file's order; the next ones go to other rows. They are
   * used again once they are released.
   */
  takeRows(fileId: number): Rows {
    const rows = this.rows ?? this.pool.take()
    this.rows = undefined
    rows.fileIds.fill(fileId, 0, rows.count)
    return rows
  }
}

/** The format of a file, and where its columns are. */
interface Fields extends Fitted {
  readonly format: Format
  readonly fields: FieldCounts
}

/** Undefined: no record of such a file is plain. */
export const makePlainWalk = (header: Fields, maxRecordSize: number): PlainWalk | undefined => {
  const { fields, format } = header
  if (format.encoding !== "utf-8" || format.escape === "backslash" || format.lineEnd === "CR") return undefined
  const columns = PlainColumns.of(header, format)
  const longest = Math.min(longestRecord, maxRecordSize)
  return columns && new PlainWalk(new LineFields(format, fields, longest), columns, longest)
}
