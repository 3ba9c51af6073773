// How the columns of rows become array parameters: one implementation writes bytes, another makes arrays of values.

import type { PgTypes } from "@effect/sql-pg"
import type { LastVersions } from "../../domain/rows/LastVersions.ts"
import type { RowPlaces } from "../../domain/rows/RowPlaces.ts"

/** A string is an array in PostgreSQL's text form. */
export type ArrayParameter = PgTypes.Parameter | string

/** Of the rows that are the versions, in their order. */
export interface ColumnArrays {
  /** The texts of all `textColumns`, in their order. */
  readonly texts: (versions: LastVersions) => ReadonlyArray<ArrayParameter>
  /** Days, by the column's number in `dayColumns`. */
  readonly days: (versions: LastVersions, column: number) => ArrayParameter
  readonly status: (versions: LastVersions) => ArrayParameter
  readonly fileIds: (versions: LastVersions) => ArrayParameter
  readonly byteOffsets: (versions: LastVersions) => ArrayParameter
  /** Whether the records of the user differ. */
  readonly differs: (versions: LastVersions) => ArrayParameter
  /** The columns of the places, in the order of `placeColumns`. */
  readonly places: (versions: LastVersions, places: RowPlaces) => ReadonlyArray<ArrayParameter>
  /** The instants of `updated_at`, exact to the microsecond. */
  readonly instants: (versions: LastVersions) => ArrayParameter
}
