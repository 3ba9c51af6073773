// Users as parameters of the upsert: an array for each column.

import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { type FieldColumn, fieldColumns, fileColumns } from "../../domain/fileColumns.ts"
import type { LastVersions } from "../../domain/rows/LastVersions.ts"
import { dayNumberOf, isDay, isText, textColumns, textNumber } from "../../domain/rows/layout.ts"
import { elementType } from "../arrays.ts"
import { takesBytes } from "../BinaryArray.ts"
import { arraysOfBytes } from "./arraysOfBytes.ts"
import { arraysOfValues } from "./arraysOfValues.ts"
import type { ArrayParameter, ColumnArrays } from "./ColumnArrays.ts"

/** Makes the array of a column; `texts` are made at once. */
type Make = (arrays: ColumnArrays, versions: LastVersions, texts: ReadonlyArray<ArrayParameter>) => ArrayParameter

const arrayOf = (column: FieldColumn): Make => {
  if (isDay(column)) return (arrays, versions) => arrays.days(versions, dayNumberOf[column])
  if (isText(column)) return (_arrays, _versions, texts) => texts[textNumber[column]]!
  return (arrays, versions) => arrays.status(versions)
}

const parameters: ReadonlyArray<readonly [name: string, type: string, make: Make]> = [
  ...fieldColumns.map((column) => [column, elementType(fileColumns[column].type), arrayOf(column)] as const),
  ["file_id", "integer", (arrays, versions) => arrays.fileIds(versions)],
  ["byte_offset", "bigint", (arrays, versions) => arrays.byteOffsets(versions)],
  ["differs", "boolean", (arrays, versions) => arrays.differs(versions)],
  ["updated_instant", "timestamptz", (arrays, versions) => arrays.instants(versions)],
]

/** The names and types of the arrays of `userArrays` but for `extra`, in their order. */
export const userParameters: ReadonlyArray<readonly [name: string, type: string]> = parameters.map(([name, type]) => [
  name,
  type,
])

/** Whether a row has a text of `extra`: few files have it. */
const hasExtra = ({ numbers, rows: { lengths } }: LastVersions): boolean =>
  numbers.some((row) => lengths[row * textColumns.length + textNumber.extra]! >= 0)

/**
 * The array parameters of users: of their columns, of where the records are, of whether a user's records differ, and of
 * the instants; apart, where a row has it, that of `extra`.
 */
export const userArrays = (
  arrays: ColumnArrays,
  versions: LastVersions,
): { readonly users: ReadonlyArray<ArrayParameter>; readonly extra: ArrayParameter | undefined } => {
  const texts = arrays.texts(versions)
  return {
    users: parameters.map(([, , make]) => make(arrays, versions, texts)),
    extra: hasExtra(versions) ? texts[textNumber.extra]! : undefined,
  }
}

/** How arrays are made for the client: as bytes, where its types take them. */
export const arraysOfClient = Effect.map(PgClient.PgClient, ({ config }) =>
  takesBytes(config.types) ? arraysOfBytes : arraysOfValues,
)
