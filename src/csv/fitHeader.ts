// Where the columns of a mapping are in the records of a file, by its header.

import { Result } from "effect"
import type { ColumnMapping } from "../domain/ColumnMapping.ts"
import { type UserColumn, userColumns } from "../domain/User.ts"

/** The index of each column's field in a record; -1 for a column that the file lacks. */
export type Positions = Readonly<Record<UserColumn, number>>

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

const folded = (name: string): string => name.toLowerCase()

/** Where the header is: as it is written, else in any case among the names that are no header of the mapping. */
const indexesOf = (
  names: ReadonlyArray<string>,
  header: string,
  headers: ReadonlySet<string>,
): ReadonlyArray<number> => {
  const all = [...names.keys()]
  const exact = all.filter((index) => names[index] === header)
  if (exact.length > 0) return exact
  return all.filter((index) => folded(names[index]!) === folded(header) && !headers.has(names[index]!))
}

/** Fits a file's header names to the mapping. */
export const fitHeader = (
  mapping: ColumnMapping,
  fields: ReadonlyArray<string>,
  delimiter: string,
): Result.Result<Positions, Misfit> => {
  const names = fields.map(visible)
  const headers = new Set(Array.from(mapping.keys(), visible))
  const positions = Object.fromEntries(userColumns.map((column) => [column, -1])) as Record<UserColumn, number>
  const missing: Array<string> = []
  const repeated: Array<string> = []
  for (const [header, column] of mapping) {
    const [position, ...others] = indexesOf(names, visible(header), headers)
    if (position === undefined) missing.push(header)
    else if (others.length > 0) repeated.push(header)
    positions[column] = position ?? -1
  }
  if (missing.length === 0 && repeated.length === 0) return Result.succeed(positions)
  const other = [",", ";", "\t", "|"].find((candidate) => candidate !== delimiter && fields[0]!.includes(candidate))
  return Result.fail({ missing, repeated, delimiter: names.length === 1 ? other : undefined })
}
