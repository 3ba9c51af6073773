// Formats the answer of `etl sql` as a table, JSON or CSV.

import { Effect } from "effect"
import { plural } from "../../text/format.ts"
import { printable, toJson } from "../../text/printable.ts"
import type { AnswerColumn, Cell } from "../../repo/ReadOnlyQuery.ts"
import { makeJsonArray } from "./jsonArray.ts"

export type Rows = ReadonlyArray<ReadonlyArray<Cell>>

/** Formats an answer some rows at a time. A text has whole lines, without the last line end. */
export interface AnswerFormat {
  /** Takes at least one row. */
  readonly rows: (rows: Rows) => string
  /** The text after all rows; undefined: none. */
  readonly end: () => string | undefined
}

/** Characters that a cell can widen its column to: a longer cell sticks out. */
const maxCellWidth = 256

/** A value for people; null is empty. */
const textOf = (cell: Cell): string => {
  if (cell === null) return ""
  return typeof cell === "object" ? cell.json : String(cell)
}

/** An aligned table, numbers to the right. The first rows set the widths: a longer cell sticks out. */
export const makeTable = Effect.fnUntraced(function* (columns: ReadonlyArray<AnswerColumn>) {
  const { alignTable } = yield* Effect.promise(() => import("./table.ts"))
  const described = columns.map(({ name, isNumber }) => ({ name: printable(name), isRight: isNumber }))
  let table: ReturnType<typeof alignTable> | undefined
  let count = 0
  const rows = (some: Rows): string => {
    count += some.length
    const cells = some.map((row) => row.map((cell) => printable(textOf(cell))))
    const head = table === undefined
    table ??= alignTable(described, cells, maxCellWidth)
    return [...(head ? table.head : []), ...cells.map(table.line)].join("\n")
  }
  return {
    rows,
    end: () => [...(table === undefined ? [rows([])] : []), plural(count, "row")].join("\n"),
  } satisfies AnswerFormat
})

/** A JSON array of objects. Nested values are on one line each: indented they could be very long. */
export const makeJson = (columns: ReadonlyArray<AnswerColumn>): AnswerFormat => {
  const names = columns.map(({ name }) => toJson(name))
  const valueOf = (cell: Cell) => (cell !== null && typeof cell === "object" ? cell.json : toJson(cell))
  const object = (row: ReadonlyArray<Cell>) =>
    `  {${row.map((cell, index) => `\n    ${names[index]}: ${valueOf(cell)}`).join(",")}${row.length === 0 ? "" : "\n  "}}`
  const array = makeJsonArray()
  return { rows: (some) => array.elements(some.map(object)), end: array.end }
}

/**
 * CSV with a header. Values are unchanged: this is not for spreadsheets, and CSV has no escapes for control characters.
 * A terminal shows those as in a table.
 */
export const makeCsv = Effect.fnUntraced(function* (columns: ReadonlyArray<AnswerColumn>, isTerminal: boolean) {
  const { stringify } = yield* Effect.promise(() => import("csv-stringify/sync"))
  const field = isTerminal ? (text: string) => printable(text) : (text: string) => text
  const header = [columns.map(({ name }) => field(name))]
  let isFirst = true
  const rows = (some: Rows): string => {
    const cells = some.map((row) => row.map((cell) => field(textOf(cell))))
    const text = stringify(isFirst ? [...header, ...cells] : cells)
    isFirst = false
    return text.slice(0, -1)
  }
  return { rows, end: () => (isFirst ? rows([]) : undefined) } satisfies AnswerFormat
})
