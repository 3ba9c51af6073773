// Columns of days and of words: what writes the value of a field into a row; see the columns of texts.

import type { FormOf } from "../../domain/PlainForm.ts"
import { dayColumns, noDay, noInstant } from "../../domain/rows/layout.ts"
import type { Rows } from "../../domain/rows/Rows.ts"
import { DayReader } from "./DayReader.ts"
import type { LineFields } from "./LineFields.ts"
import { WordTable } from "./WordTable.ts"

export class DaysColumn {
  private readonly field: number
  private readonly number: number
  /** Whether it is `updated_at`, of which the instant is kept. */
  private readonly isInstant: boolean
  private readonly reader: DayReader
  private readonly nulls: WordTable

  constructor(field: number, number: number, isInstant: boolean, { order, words }: FormOf<"day">) {
    this.field = field
    this.number = number
    this.isInstant = isInstant
    this.reader = new DayReader(order)
    this.nulls = new WordTable(words)
  }

  write(rows: Rows, fields: LineFields, bytes: Uint8Array): boolean {
    const { reader } = this
    const start = fields.starts[this.field]!
    const end = fields.ends[this.field]!
    const isNull = start === end
    if (!isNull && (!reader.read(bytes, start, end) || this.nulls.find(bytes, start, end) !== -1)) return false
    rows.days[rows.count * dayColumns.length + this.number] = isNull ? noDay : reader.day
    if (this.isInstant) {
      rows.seconds[rows.count] = isNull ? noInstant : reader.instant
      rows.micros[rows.count] = isNull ? 0 : reader.micros
    }
    return true
  }
}

export class StatusColumn {
  private readonly field: number
  private readonly words: WordTable
  private readonly meanings: Int8Array

  constructor(field: number, { meanings }: FormOf<"status">) {
    this.field = field
    this.words = new WordTable(meanings.keys())
    this.meanings = Int8Array.from(meanings.values(), (meaning) => (meaning === null ? -1 : Number(meaning)))
  }

  write(rows: Rows, fields: LineFields, bytes: Uint8Array): boolean {
    const start = fields.starts[this.field]!
    const end = fields.ends[this.field]!
    const word = this.words.find(bytes, start, end)
    if (word === -1 && start !== end) return false
    rows.status[rows.count] = word === -1 ? -1 : this.meanings[word]!
    return true
  }
}
