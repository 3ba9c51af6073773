// Columns of texts: what writes a field into a row, where its bytes are plain; one class for each kind.

import { textColumns } from "../../domain/rows/layout.ts"
import type { Rows } from "../../domain/rows/Rows.ts"
import type { FormOf } from "../../domain/PlainForm.ts"
import { isAddress } from "./address.ts"
import { capitalsBit, emailLane } from "./email.ts"
import type { LineFields } from "./LineFields.ts"
import { WordTable } from "./WordTable.ts"

/** Writes a text of the row `rows.count`, which begins so many bytes after the record. */
const writeText = (rows: Rows, column: number, start: number, length: number): void => {
  const cell = rows.count * textColumns.length + column
  rows.starts[cell] = start
  rows.lengths[cell] = length
}

const space = 0x20
const backslash = 0x5c

/*
 * A class each, and none above them: a call of a method is fast where it can be of one class only. `write` writes the
 * field of the row `rows.count`, whose record begins at `begin`; false: it is not certain of its value.
 */

export class TextColumn {
  private readonly field: number
  private readonly column: number
  private readonly longest: number
  private readonly words: WordTable
  /** The number of the first word that is counted; those before it may be null. */
  private readonly firstCounted: number

  /** The numbers of its field, and of its text in a row. */
  constructor(field: number, column: number, { counted, most, words }: FormOf<"text">) {
    this.field = field
    this.column = column
    this.longest = most ?? Number.POSITIVE_INFINITY
    this.words = new WordTable([...words, ...counted])
    this.firstCounted = words.length
  }

  write(rows: Rows, fields: LineFields, bytes: Uint8Array, begin: number): boolean {
    const start = fields.starts[this.field]!
    const length = fields.ends[this.field]! - start
    if (length === 0) {
      writeText(rows, this.column, 0, -1)
      return true
    }
    // Blanks may be trimmed, a backslash may begin `\N`.
    const first = bytes[start]!
    if (first <= space || first === backslash || bytes[start + length - 1]! <= space) return false
    if (length > this.longest) return false
    const word = this.words.find(bytes, start, start + length)
    if (word !== -1) {
      if (word < this.firstCounted) return false
      rows.noteNullWord(rows.count)
    }
    writeText(rows, this.column, start - begin, length)
    return true
  }
}

export class EmailColumn {
  /** Whether the address last written has capitals: the row needs it in lower case. */
  hasCapitals = false
  private readonly field: number
  private readonly column: number

  constructor(field: number, column: number) {
    this.field = field
    this.column = column
  }

  write(rows: Rows, fields: LineFields, bytes: Uint8Array, begin: number): boolean {
    const start = fields.starts[this.field]!
    const end = fields.ends[this.field]!
    const lane = emailLane(bytes, start, end)
    if (lane === -1) return false
    this.hasCapitals = (lane & capitalsBit) !== 0
    rows.lanes[rows.count] = lane & ~capitalsBit
    writeText(rows, this.column, start - begin, end - start)
    return true
  }
}

export class AddressColumn {
  private readonly field: number
  private readonly column: number
  private readonly nulls: WordTable

  constructor(field: number, column: number, { words }: FormOf<"address">) {
    this.field = field
    this.column = column
    this.nulls = new WordTable(words)
  }

  write(rows: Rows, fields: LineFields, bytes: Uint8Array, begin: number): boolean {
    const start = fields.starts[this.field]!
    const end = fields.ends[this.field]!
    if (start === end) writeText(rows, this.column, 0, -1)
    else {
      if (!isAddress(bytes, start, end) || this.nulls.find(bytes, start, end) !== -1) return false
      writeText(rows, this.column, start - begin, end - start)
    }
    return true
  }
}
