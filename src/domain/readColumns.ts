// Reads the columns of a mapping file.

import { Brand, Predicate, Result } from "effect"
import type { PlacedValue } from "../text/placedJson.ts"
import type { ColumnMapping } from "./ColumnMapping.ts"
import { decodeHeaders, helpWith } from "./decodeHeaders.ts"
import { areChoices, listed, type MappingProblem, type Read, toChoose } from "./mappingProblem.ts"
import { listsToFill, placeholder } from "./mappingSchema.ts"

const branded = Brand.nominal<ColumnMapping>()

type Said = Readonly<Record<string, unknown>>

/** The keys of which a person has to write the value, and what to write. */
const openIn = (said: Said): ReadonlyMap<string, string> => {
  const { choices, column, format } = said
  const open = new Map<string, string>()
  if (column === placeholder) open.set("column", `${toChoose(choices, "a column")}, or remove the header`)
  if (format === placeholder) open.set("format", toChoose(choices, 'one such as "DD/MM/YYYY"'))
  for (const key of listsToFill(said)) {
    open.set(key, `is ["${placeholder}"]: write those of ${listed(choices, "your words")} that are ${key}`)
  }
  return open
}

const readEntry = (header: string, entry: PlacedValue) => {
  const { choices, ...said }: Said = Predicate.isObject(entry.value) ? entry.value : { column: entry.value }
  const open = openIn({ ...said, choices })
  const problem = (key: string, message: string): MappingProblem => ({
    message: `"${header}": ${key} ${message}`,
    lines: [entry.lineOf([key])],
  })
  return {
    entry,
    problems: [
      ...Array.from(open, ([key, message]) => problem(key, message)),
      ...(choices === undefined || areChoices(choices) ? [] : [problem("choices", "must be a list of texts")]),
    ],
    header,
    said: Object.fromEntries(Object.entries(said).filter(([key]) => !open.has(key))),
    isColumnOpen: open.has("column"),
  }
}

export const readColumns = (columns: PlacedValue): Read<ColumnMapping> => {
  const entries = columns.entries().map(([header, entry]) => readEntry(header, entry))
  const open = entries.flatMap(({ problems }) => problems)
  const decoded = decodeHeaders(entries.map(({ header, said }) => [header, said]))
  if (Result.isSuccess(decoded)) return open.length === 0 ? Result.succeed(branded(decoded.success)) : Result.fail(open)
  const isOpen = (number: number | undefined): boolean => number !== undefined && entries[number]!.isColumnOpen
  const others = decoded.failure.filter(({ entries: [number], path }) => !(path[0] === "column" && isOpen(number)))
  return Result.fail([
    ...open,
    ...others.map(({ entries: numbers, message, path }) => ({
      message,
      lines: numbers.map((number) => entries[number]!.entry.lineOf(path)),
    })),
    ...helpWith(others).map((message) => ({ message, lines: [] })),
  ])
}
