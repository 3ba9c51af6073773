import { Effect } from "effect"
import { plural } from "../../text/format.ts"
import { printable, toJson } from "../../text/printable.ts"
import type { AnswerColumn, Cell } from "../../repo/ReadOnlyQuery.ts"
import { makeJsonArray } from "./jsonArray.ts"

// An answer as text, made from some rows after the other. Each text is of whole lines, the last one without its end.

export type Rows = ReadonlyArray<ReadonlyArray<Cell>>

export interface AnswerFormat {
  /** There is at least one row. */
  readonly rows: (rows: Rows) => string
  /** What follows all rows; undefined: nothing. */
  readonly end: () => string | undefined
}

/** No cell makes its column of a table much wider than so many characters: a longer one sticks out. */
const widest = 256

/** A value as people read it; null is empty. */
const textOf = (cell: Cell): string => {
  if (cell === null) return ""
  return typeof cell === "object" ? cell.json : String(cell)
}

/** An aligned table, numbers to the right. Its columns are as wide as the first rows need: a longer cell sticks out. */
export const makeTable = Effect.fnUntraced(function* (columns: ReadonlyArray<AnswerColumn>) {
  const { alignTable } = yield* Effect.promise(() => import("./table.ts"))
  const described = columns.map(({ name, isNumber }) => ({ name: printable(name), isRight: isNumber }))
  let table: ReturnType<typeof alignTable> | undefined
  let count = 0
  const rows = (some: Rows): string => {
    count += some.length
    const cells = some.map((row) => row.map((cell) => printable(textOf(cell))))
    const head = table === undefined
    table ??= alignTable(described, cells, widest)
    return [...(head ? table.head : []), ...cells.map(table.line)].join("\n")
  }
  return {
    rows,
    end: () => [...(table === undefined ? [rows([])] : []), plural(count, "row")].join("\n"),
  } satisfies AnswerFormat
})

/** A JSON array of objects. Nested values are on one line each: indenting them could make them very long. */
export const makeJson = (columns: ReadonlyArray<AnswerColumn>): AnswerFormat => {
  const names = columns.map(({ name }) => toJson(name))
  const valueOf = (cell: Cell) => (cell !== null && typeof cell === "object" ? cell.json : toJson(cell))
  const object = (row: ReadonlyArray<Cell>) =>
    `  {${row.map((cell, index) => `\n    ${names[index]}: ${valueOf(cell)}`).join(",")}${row.length === 0 ? "" : "\n  "}}`
  const array = makeJsonArray()
  return { rows: (some) => array.elements(some.map(object)), end: array.end }
}

/**
 * CSV with a header. Values as they are: what reads them is no spreadsheet, and CSV has no escapes for control characters.
 * A person before a terminal sees those as in a table.
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
