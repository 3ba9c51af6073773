// Where the columns of a mapping are in the records of a file, by its header.

import { Brand, Result } from "effect"
import type { ColumnMapping } from "../domain/ColumnMapping.ts"
import { usualDelimiters } from "../domain/delimiter.ts"
import { type FieldColumn, fieldColumns } from "../domain/fileColumns.ts"
import { isColumn, nameInExtra, otherHeaders } from "../domain/Target.ts"

/** The index of each column's field in a record; -1 for a column that the file lacks. */
export type Positions = Readonly<Record<FieldColumn, number>>

/** A field that the column `extra` keeps. */
export interface ExtraField {
  readonly name: string
  readonly position: number
}

/** A header that fits the mapping. */
export interface Fitted {
  /** The headers of the mapping that the file has, and `*`. */
  readonly ownMapping: ColumnMapping
  readonly positions: Positions
  /** Of all fields, as they are written. */
  readonly names: ReadonlyArray<string>
  /** Each by another name, in the order of the fields. */
  readonly extra: ReadonlyArray<ExtraField>
  /** The names of the fields that nothing keeps. */
  readonly notLoaded: ReadonlyArray<string>
  /** The names that differ from those of the mapping in case or in blanks, each with the mapping's. */
  readonly alike: ReadonlyArray<readonly [name: string, expected: string]>
}

/** Why a header does not fit a mapping. */
export interface Misfit {
  /** The mapping's headers that are missing, together where any of them would do. */
  readonly missing: ReadonlyArray<ReadonlyArray<string>>
  /** Those that the file has twice. */
  readonly repeated: ReadonlyArray<string>
  /** Those of one column of which the file has more than one. */
  readonly competing: ReadonlyArray<readonly [target: string, headers: ReadonlyArray<string>]>
  /** The delimiter that the file seems to have; undefined: the one in use may be right. */
  readonly delimiter: string | undefined
}

/** A name without what cannot be seen: a no-break space is a space, spaces in a row are one. */
const visible = (name: string): string =>
  name
    .replaceAll(/[\u200b-\u200d\u2060\ufeff]/g, "")
    .replaceAll(/\s+/g, " ")
    .trim()

/** A name as it looks, in any case. */
export const visibleName = (name: string): string => visible(name).toLowerCase()

/** Ways to compare names: as they are written, as they look, in any case. */
const forms: ReadonlyArray<(name: string) => string> = [(name) => name.trim(), visible, visibleName]

/** Where each header is, in the first way that finds it, among the fields that no other header has. */
const indexesOf = (
  fields: ReadonlyArray<string>,
  headers: ReadonlyArray<string>,
): ReadonlyMap<string, ReadonlyArray<number>> => {
  const found = new Map<string, ReadonlyArray<number>>()
  const taken = new Set<number>()
  for (const form of forms) {
    const names = fields.map(form)
    for (const header of headers) {
      if (found.has(header)) continue
      const indexes = [...names.keys()].filter((index) => names[index] === form(header) && !taken.has(index))
      if (indexes.length === 0) continue
      found.set(header, indexes)
      for (const index of indexes) taken.add(index)
    }
  }
  return found
}

/** The headers of the mapping by where their text goes: any of them will do. */
const alternativesIn = (mapping: ColumnMapping): ReadonlyMap<string, ReadonlyArray<string>> => {
  const alternatives = new Map<string, ReadonlyArray<string>>()
  for (const [header, { column }] of mapping) {
    // It may stand for none.
    if (column !== "extra") alternatives.set(column, [...(alternatives.get(column) ?? []), header])
  }
  return alternatives
}

/** Gives names that no other field has, with a number where one has it: at once, as thousands may be equal. */
const makeFreeName = (taken: Set<string>) => {
  const numbers = new Map<string, number>()
  return (name: string): string => {
    let free = name
    let number = numbers.get(name) ?? 2
    for (; taken.has(free); number++) free = `${name} (${number})`
    numbers.set(name, number)
    taken.add(free)
    return free
  }
}

/** The fields that `extra` keeps by their positions: those that the mapping names first. */
const extraOf = (
  mapping: ColumnMapping,
  headers: ReadonlyMap<string, number>,
  fields: ReadonlyArray<string>,
): ReadonlyArray<ExtraField> => {
  const named = [...headers].flatMap(([header, position]): ReadonlyArray<ExtraField> => {
    const name = nameInExtra(mapping.get(header)!.column)
    return name === undefined ? [] : [{ name, position }]
  })
  const freeName = makeFreeName(new Set(named.map(({ name }) => name)))
  const mapped = new Set(headers.values())
  const others = [...fields.entries()].flatMap(([position, field]): ReadonlyArray<ExtraField> => {
    if (mapped.has(position) || mapping.get(otherHeaders)?.column !== "extra") return []
    return [{ name: freeName(field.trim() || `column ${position + 1}`), position }]
  })
  return [...named, ...others].toSorted((left, right) => left.position - right.position)
}

const branded = Brand.nominal<ColumnMapping>()

/** Fits a file's header names to the mapping. */
export const fitHeader = (
  mapping: ColumnMapping,
  fields: ReadonlyArray<string>,
  delimiter: string,
): Result.Result<Fitted, Misfit> => {
  const alternatives = alternativesIn(mapping)
  const indexes = indexesOf(fields, [...alternatives.values()].flat())
  const missing: Array<ReadonlyArray<string>> = []
  const competing: Array<readonly [string, ReadonlyArray<string>]> = []
  for (const [target, headers] of alternatives) {
    const found = headers.filter((header) => indexes.has(header))
    if (found.length === 0) missing.push(headers)
    if (found.length > 1) competing.push([target, found])
  }
  const repeated = [...indexes].flatMap(([header, { length }]) => (length > 1 ? header : []))
  if (missing.length + repeated.length + competing.length > 0) {
    const other = usualDelimiters.find((candidate) => candidate !== delimiter && fields[0]!.includes(candidate))
    return Result.fail({ missing, repeated, competing, delimiter: fields.length === 1 ? other : undefined })
  }
  const headers = new Map([...indexes].map(([header, [position]]) => [header, position!] as const))
  const positions = Object.fromEntries(fieldColumns.map((column) => [column, -1])) as Record<FieldColumn, number>
  for (const [header, position] of headers) {
    const { column } = mapping.get(header)!
    if (isColumn(column)) positions[column] = position
  }
  const extra = extraOf(mapping, headers, fields)
  const kept = new Set([...headers.values(), ...extra.map(({ position }) => position)])
  return Result.succeed({
    ownMapping: branded(new Map([...mapping].filter(([header]) => header === otherHeaders || headers.has(header)))),
    positions,
    names: fields,
    extra,
    notLoaded: fields.flatMap((field, position) =>
      kept.has(position) ? [] : field.trim() || `column ${position + 1}`,
    ),
    alike: [...headers].flatMap(([header, position]) => {
      const name = fields[position]!.trim()
      return name === header ? [] : [[name, header] as const]
    }),
  })
}
