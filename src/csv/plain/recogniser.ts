// What writes a field into a row, for each kind of column, where the field's bytes are plain.

import {
  type DayColumn,
  dayColumns,
  dayNumberOf,
  noDay,
  noInstant,
  type TextColumn,
  textColumns,
  textNumber,
} from "../../domain/rows/layout.ts"
import type { Rows } from "../../domain/rows/Rows.ts"
import type { FieldColumn } from "../../domain/fileColumns.ts"
import type { PlainForm } from "../../domain/PlainForm.ts"
import { isAddress } from "./address.ts"
import { DayReader } from "./DayReader.ts"
import { emailLane, hasCapitals } from "./email.ts"
import { WordTable } from "./WordTable.ts"

/** What a recogniser tells of a field: it is not certain of it; it wrote it; so, but a text must be in lower case. */
export const UNCERTAIN = 0
export const WRITTEN = 1
export const CAPITALS = 2
export type Recognised = typeof UNCERTAIN | typeof WRITTEN | typeof CAPITALS

/** Writes the field from `start` to `end` into the row `rows.count`, whose record begins at `begin`. */
export type Recogniser = (rows: Rows, bytes: Uint8Array, start: number, end: number, begin: number) => Recognised

type FormOf<Kind extends PlainForm["kind"]> = Extract<PlainForm, { readonly kind: Kind }>

const writeText = (rows: Rows, column: number, start: number, length: number): Recognised => {
  const cell = rows.count * textColumns.length + column
  rows.starts[cell] = start
  rows.lengths[cell] = length
  return WRITTEN
}

const space = 0x20
const backslash = 0x5c

const text = (column: number, { most, words }: FormOf<"text">): Recogniser => {
  const longest = most ?? Number.POSITIVE_INFINITY
  const table = new WordTable(words)
  return (rows, bytes, start, end, begin) => {
    if (start === end) return writeText(rows, column, 0, -1)
    const first = bytes[start]!
    // Blanks are trimmed, a backslash may begin `\N`.
    if (first <= space || first === backslash || bytes[end - 1]! <= space || end - start > longest) return UNCERTAIN
    return table.find(bytes, start, end) === -1 ? writeText(rows, column, start - begin, end - start) : UNCERTAIN
  }
}

const email =
  (column: number): Recogniser =>
  (rows, bytes, start, end, begin) => {
    const lane = emailLane(bytes, start, end)
    if (lane === -1) return UNCERTAIN
    rows.lanes[rows.count] = lane & ~hasCapitals
    writeText(rows, column, start - begin, end - start)
    return lane >= hasCapitals ? CAPITALS : WRITTEN
  }

const address = (column: number, { words }: FormOf<"address">): Recogniser => {
  const table = new WordTable(words)
  return (rows, bytes, start, end, begin) => {
    if (start === end) return writeText(rows, column, 0, -1)
    const isPlain = isAddress(bytes, start, end) && table.find(bytes, start, end) === -1
    return isPlain ? writeText(rows, column, start - begin, end - start) : UNCERTAIN
  }
}

const day = (column: DayColumn, { order, words }: FormOf<"day">): Recogniser => {
  const reader = new DayReader(order)
  const table = new WordTable(words)
  const number = dayNumberOf[column]
  const decidesVersion = column === "updated_at"
  return (rows, bytes, start, end) => {
    const row = rows.count
    const isNull = start === end
    if (!isNull && (!reader.read(bytes, start, end) || table.find(bytes, start, end) !== -1)) return UNCERTAIN
    rows.days[row * dayColumns.length + number] = isNull ? noDay : reader.day
    if (decidesVersion) {
      rows.seconds[row] = isNull ? noInstant : reader.instant
      rows.micros[row] = isNull ? 0 : reader.micros
    }
    return WRITTEN
  }
}

const status = ({ meanings }: FormOf<"status">): Recogniser => {
  const table = new WordTable(meanings.keys())
  const values = Int8Array.from(meanings.values(), (meaning) => (meaning === null ? -1 : Number(meaning)))
  return (rows, bytes, start, end) => {
    const word = start === end ? -1 : table.find(bytes, start, end)
    if (word === -1 && start !== end) return UNCERTAIN
    rows.status[rows.count] = word === -1 ? -1 : values[word]!
    return WRITTEN
  }
}

/** The recogniser of a column, by what is plain in it. */
export const recogniserOf = (column: FieldColumn, form: PlainForm): Recogniser => {
  switch (form.kind) {
    case "text":
      return text(textNumber[column as TextColumn], form)
    case "email":
      return email(textNumber[column as TextColumn])
    case "address":
      return address(textNumber[column as TextColumn], form)
    case "day":
      return day(column as DayColumn, form)
    case "status":
      return status(form)
  }
}
