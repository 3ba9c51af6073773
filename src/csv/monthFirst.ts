// Decides from the beginning of a file which of its columns write days as month/day/year.

import { Redacted, Result } from "effect"
import { type ColumnMapping, columnsOf, type OfColumn } from "../domain/ColumnMapping.ts"
import { parseDateFormat, slashOrderOf } from "../domain/dateFormat.ts"
import { type FieldColumn, fileColumns } from "../domain/fileColumns.ts"
import { slashesOf } from "../domain/momentReader.ts"
import { Problem } from "../domain/Problem.ts"
import { makeNullWords } from "../domain/words.ts"
import { isProblem, makeFieldParser } from "./fields.ts"
import type { Frame } from "./frame.ts"
import { type Header, longestShown, printable } from "./header.ts"
import { type HeaderError, headerError } from "./HeaderError.ts"
import { textOf } from "./Text.ts"

/** A value, and the line on which its record starts. */
interface Value {
  readonly text: string
  readonly line: number
}

/** The first values of a column that show each order, and the first that could be either. */
interface Evidence {
  readonly monthFirst: Array<Value>
  readonly dayFirst: Array<Value>
  readonly either: Array<Value>
}

/** Values that a person needs to see. */
const mostShown = 2

const slash = 0x2f

/** Whether a digit stands between two slashes that are near each other, as in every such date. */
const hasSlashes = (bytes: Uint8Array): boolean => {
  for (let at = bytes.indexOf(slash); at !== -1; at = bytes.indexOf(slash, at + 1)) {
    const next = bytes[at + 2] === slash ? at + 2 : at + 3
    const digit = bytes[at + 1] ?? 0
    if (bytes[next] === slash && digit >= 0x30 && digit <= 0x39) return true
  }
  return false
}

/** The kind of a date by its two numbers; undefined: they are equal, and show nothing. */
const kindOf = ([first, second]: readonly [number, number]): keyof Evidence | undefined => {
  if (first > 12) return "dayFirst"
  if (second > 12) return "monthFirst"
  return first === second ? undefined : "either"
}

/** What reads the two numbers of a column's dates, and what it has found. */
const makeFinder = ({ column, format, null: words = [] }: OfColumn, nullWords: ReadonlyArray<string>) => {
  const read = format === undefined ? undefined : parseDateFormat(format)
  const isNamed = format !== undefined && slashOrderOf(format) !== undefined
  const isNull = makeNullWords(words, nullWords)
  const evidence: Evidence = { monthFirst: [], dayFirst: [], either: [] }
  const find = (text: string, line: number): void => {
    if (isNamed || !text.includes("/") || read instanceof Problem || isNull(text)) return
    const numbers = read?.(text) === undefined ? slashesOf(text) : undefined
    const kind = numbers && kindOf(numbers)
    if (kind !== undefined && evidence[kind].length < mostShown) evidence[kind].push({ text, line })
  }
  return { column, evidence, find }
}

/** What shows the order of the dates of each column. */
const evidenceIn = ({ format, ownMapping, positions }: Header, frames: Iterable<Frame>) => {
  const parse = makeFieldParser(format)
  const finders = columnsOf(ownMapping)
    .filter(([, { column }]) => fileColumns[column].type === "date")
    .map(([, mapped]) => makeFinder(mapped, format.nullWords))
  for (const frame of frames) {
    const [fields] = parse([frame])
    if (fields === undefined || isProblem(fields)) continue
    for (const { column, find } of finders) find(fields[positions[column]] ?? "", frame.line)
  }
  return finders
}

/** Nothing but month/day/year fits: values show it, and none shows day/month/year. */
const showsMonthFirst = ({ dayFirst, monthFirst }: Evidence): boolean => monthFirst.length > 0 && dayFirst.length === 0

/** No value shows an order, and none depends on it. */
const isUndecided = ({ dayFirst, either, monthFirst }: Evidence): boolean =>
  dayFirst.length + either.length + monthFirst.length === 0

/** A value of each order, then others. */
const shownOf = ({ dayFirst, either, monthFirst }: Evidence): ReadonlyArray<Value> =>
  [...dayFirst.slice(0, 1), ...monthFirst.slice(0, 1), ...dayFirst.slice(1), ...either].slice(0, mostShown)

const describe = (column: FieldColumn, evidence: Evidence): string => {
  const { dayFirst, monthFirst } = evidence
  const what =
    dayFirst.length === 0
      ? "dates that could be month/day or day/month"
      : monthFirst.length === 0
        ? "days before months"
        : "dates of both orders, month/day and day/month"
  const lines = shownOf(evidence).map(({ line }) => line)
  const where = lines.length === 1 ? `line ${lines[0]}` : `lines ${lines.join(" and ")}`
  return `${column} has ${what} (${where})`
}

/** What to write in the mapping. */
const advise = (mapping: ColumnMapping, columns: ReadonlyArray<FieldColumn>): string => {
  const [header, { column }] = columnsOf(mapping).find(([, mapped]) => columns.includes(mapped.column))!
  const example = `${JSON.stringify(header)}: {"column": "${column}", "format": "DD/MM/YYYY"}`
  return `Name ${columns.length === 1 ? "its format" : "their formats"} in the mapping: ${example}, or "MM/DD/YYYY".`
}

/**
 * The columns in which `A/B/YYYY` is month and day: some B is above 12, and no A is. A column that has values of another
 * kind, which could be read in two ways or only as day/month/year, fails the file. `frames`: those of the beginning.
 */
export const findMonthFirst = (
  bytes: Uint8Array,
  header: Header,
  frames: Iterable<Frame>,
  isLinked: boolean,
): Result.Result<ReadonlyArray<FieldColumn>, HeaderError> => {
  const { format, ownMapping } = header
  const { width } = textOf(format.encoding)
  // Where a slash may be escaped, or has two bytes, only the fields show it.
  if (format.escape === "doubled" && width === 1 && !hasSlashes(bytes)) return Result.succeed([])
  const found = evidenceIn(header, frames)
  const unclear = found.filter(({ evidence }) => !showsMonthFirst(evidence) && !isUndecided(evidence))
  if (unclear.length === 0) {
    return Result.succeed(found.filter(({ evidence }) => showsMonthFirst(evidence)).map(({ column }) => column))
  }
  const problem = unclear.map(({ column, evidence }) => describe(column, evidence)).join(", ")
  const advice = advise(
    ownMapping,
    unclear.map(({ column }) => column),
  )
  const shown = unclear.flatMap(({ column, evidence }) =>
    shownOf(evidence).map(({ line, text }) => `${column} on line ${line} is "${printable(text, longestShown)}".`),
  )
  return Result.fail(
    headerError("dates", `${problem}. ${advice}`, isLinked ? {} : { shown: Redacted.make(shown.join(" ")) }),
  )
}
