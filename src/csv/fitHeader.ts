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

/** Fits a file's header names to the mapping. */
export const fitHeader = (
  mapping: ColumnMapping,
  fields: ReadonlyArray<string>,
  delimiter: string,
): Result.Result<Positions, Misfit> => {
  const names = fields.map((field) => field.trim())
  const positions = Object.fromEntries(userColumns.map((column) => [column, -1])) as Record<UserColumn, number>
  const missing: Array<string> = []
  const repeated: Array<string> = []
  for (const [header, column] of mapping) {
    const position = names.indexOf(header)
    if (position === -1) missing.push(header)
    else if (names.includes(header, position + 1)) repeated.push(header)
    positions[column] = position
  }
  if (missing.length === 0 && repeated.length === 0) return Result.succeed(positions)
  const other = [",", ";", "\t", "|"].find((candidate) => candidate !== delimiter && names[0]!.includes(candidate))
  return Result.fail({ missing, repeated, delimiter: names.length === 1 ? other : undefined })
}
