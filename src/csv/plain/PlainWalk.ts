// Walks the bytes of a file and writes its plain records into rows: those whose users bytes alone tell with certainty.

import type { FieldColumn } from "../../domain/fileColumns.ts"
import { fieldColumns, fileColumns } from "../../domain/fileColumns.ts"
import { textColumns, textNumber } from "../../domain/rows/layout.ts"
import type { Rows } from "../../domain/rows/Rows.ts"
import { RowsPool } from "../../domain/rows/RowsPool.ts"
import { readingsOf } from "../../domain/userDecoder.ts"
import type { Header } from "../header.ts"
import { LineFields, NOT_COMPLETE } from "./LineFields.ts"
import { CAPITALS, type Recogniser, recogniserOf, UNCERTAIN, WRITTEN } from "./recogniser.ts"
import { lowerCase } from "./WordTable.ts"

/** The most rows and bytes of a batch. */
const mostRows = 4096
const mostBytes = 512 * 1024

/** The most bytes of a plain record. */
const longestRecord = 64 * 1024

/** A mapped column. */
interface Column {
  /** The number of its field. */
  readonly field: number
  readonly recognise: Recogniser
}

/** Why a walk stopped: it is not certain of the record; its end is not there yet; there is no room for another row. */
export type Stop = "uncertain" | "incomplete" | "full"

/**
 * Rejects nothing: it stops at what it is not certain of, and the Schema decides. The file's bytes are copied, never
 * written to. In `rows.bytes`, each record has its line end behind it.
 */
export class PlainWalk {
  /** The plain records since `takeRows`, in the file's order. */
  rows: Rows
  /** Why the last walk stopped. */
  stop: Stop = "incomplete"
  /** The most bytes of a plain record: one that is longer is never waited for. */
  readonly longest: number
  private readonly pool = new RowsPool(mostRows, mostBytes)
  private readonly fields: LineFields
  private readonly columns: ReadonlyArray<Column>
  private readonly fileId: number

  constructor(fields: LineFields, columns: ReadonlyArray<Column>, fileId: number, longest: number) {
    this.fields = fields
    this.columns = columns
    this.fileId = fileId
    this.longest = longest
    this.rows = this.pool.take()
  }

  /**
   * Takes plain records that follow one another from `from` on. The first one begins at `offset` of the file, on `line`;
   * each is one line. Returns where the first record begins that it did not take, and sets `stop`.
   */
  walk(bytes: Uint8Array, from: number, offset: number, line: number): number {
    const { fields, fileId, rows } = this
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
      const written = this.write(bytes, begin)
      if (written === UNCERTAIN) {
        this.stop = "uncertain"
        break
      }
      rows.at[row] = rows.used + begin - copied
      rows.size[row] = fields.end - begin
      rows.fileIds[row] = fileId
      rows.offsets[row] = offset + begin - from
      rows.lines[row] = line + row - first
      rows.count++
      begin = next
      if (written === CAPITALS) {
        this.copy(bytes, copied, begin)
        copied = begin
        this.lowerEmail(row)
      }
      if (begin === bytes.length) {
        this.stop = "incomplete"
        break
      }
    }
    this.copy(bytes, copied, begin)
    return begin
  }

  /** The rows so far; the next ones go to others. They are used again once they are released. */
  takeRows(): Rows {
    const { rows } = this
    this.rows = this.pool.take()
    return rows
  }

  private write(bytes: Uint8Array, begin: number): typeof UNCERTAIN | typeof WRITTEN | typeof CAPITALS {
    const { columns, fields, rows } = this
    const { ends, starts } = fields
    let written: typeof WRITTEN | typeof CAPITALS = WRITTEN
    for (let index = 0; index < columns.length; index++) {
      const { field, recognise } = columns[index]!
      const recognised = recognise(rows, bytes, starts[field]!, ends[field]!, begin)
      if (recognised === UNCERTAIN) return UNCERTAIN
      if (recognised === CAPITALS) written = CAPITALS
    }
    return written
  }

  private copy(bytes: Uint8Array, start: number, end: number): void {
    const { rows } = this
    if (end > start) rows.bytes.set(bytes.subarray(start, end), rows.used)
    rows.used += end - start
  }

  /** Puts the e-mail of the last row in lower case after it. */
  private lowerEmail(row: number): void {
    const { at, bytes, lengths, starts, used } = this.rows
    const cell = row * textColumns.length + textNumber.email
    const length = lengths[cell]!
    const start = at[row]! + starts[cell]!
    for (let index = 0; index < length; index++) bytes[used + index] = lowerCase[bytes[start + index]!]!
    starts[cell] = used - at[row]!
    this.rows.used += length
  }
}

/** Undefined: no record of such a file is plain. */
export const makePlainWalk = (header: Header, fileId: number, maxRecordSize: number): PlainWalk | undefined => {
  const { extra, fields, format, ownMapping, positions } = header
  const isOther = format.encoding !== "utf-8" || format.escape === "backslash" || format.lineEnd === "CR"
  if (isOther || extra.length > 0) return undefined
  const readings = readingsOf(ownMapping, format)
  const recogniserIn = (column: FieldColumn): Column | undefined => {
    const form = fileColumns[column].plain(readings[column])
    return form && { field: positions[column], recognise: recogniserOf(column, form) }
  }
  const columns = fieldColumns.filter((column) => positions[column] !== -1).map(recogniserIn)
  if (!columns.every((column) => column !== undefined)) return undefined
  const longest = Math.min(longestRecord, maxRecordSize)
  return new PlainWalk(new LineFields(format, fields, longest), columns, fileId, longest)
}
