// Where the columns of a mapping are in the records of a file, by its header.

import { Result } from "effect"
import type { ColumnMapping } from "../domain/ColumnMapping.ts"
import { usualDelimiters } from "../domain/delimiter.ts"
import { type UserColumn, userColumns } from "../domain/User.ts"

/** The index of each column's field in a record; -1 for a column that the file lacks. */
export type Positions = Readonly<Record<UserColumn, number>>

/** A header that fits the mapping. */
export interface Fitted {
  readonly positions: Positions
  /** The names that differ from those of the mapping in case or in blanks, each with the mapping's. */
  readonly alike: ReadonlyArray<readonly [name: string, expected: string]>
}

/** Why a header does not fit a mapping. */
export interface Misfit {
  /** The mapping's headers that are missing. */
  readonly missing: ReadonlyArray<string>
  /** Those that the file has twice. */
  readonly repeated: ReadonlyArray<string>
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

/** Fits a file's header names to the mapping. */
export const fitHeader = (
  mapping: ColumnMapping,
  fields: ReadonlyArray<string>,
  delimiter: string,
): Result.Result<Fitted, Misfit> => {
  const indexes = indexesOf(fields, [...mapping.keys()])
  const positions = Object.fromEntries(userColumns.map((column) => [column, -1])) as Record<UserColumn, number>
  const alike: Array<readonly [string, string]> = []
  const missing: Array<string> = []
  const repeated: Array<string> = []
  for (const [header, { column }] of mapping) {
    const [position, ...others] = indexes.get(header) ?? []
    if (position === undefined) missing.push(header)
    else if (others.length > 0) repeated.push(header)
    positions[column] = position ?? -1
    const name = fields[position ?? -1]?.trim() ?? header
    if (name !== header) alike.push([name, header])
  }
  if (missing.length === 0 && repeated.length === 0) return Result.succeed({ positions, alike })
  const other = usualDelimiters.find((candidate) => candidate !== delimiter && fields[0]!.includes(candidate))
  return Result.fail({ missing, repeated, delimiter: fields.length === 1 ? other : undefined })
}
