// The columns of users as arrays of values, which any `PgClient` sends: for one whose types do not take bytes.

import { instantText } from "../../domain/Moment.ts"
import { noInstant, textColumns } from "../../domain/rows/layout.ts"
import { placeOfRow } from "../../domain/rows/RowPlaces.ts"
import { rowDay, rowText } from "../../domain/rows/rowValues.ts"
import { booleans, dates, integers, smallIntegers, texts } from "../arrays.ts"
import { placeArrays } from "../locations/placeColumns.ts"
import type { ColumnArrays } from "./ColumnArrays.ts"

/** By column, in array parameters of the client's own. */
export const arraysOfValues: ColumnArrays = {
  texts: ({ numbers, rows }) =>
    textColumns.map((_, column) => texts(Array.from(numbers, (row) => rowText(rows, row, column)))),

  days: ({ numbers, rows }, column) => dates(Array.from(numbers, (row) => rowDay(rows, row, column))),

  status: ({ numbers, rows: { status } }) =>
    booleans(Array.from(numbers, (row) => (status[row]! < 0 ? null : status[row] === 1))),

  fileIds: ({ numbers, rows: { fileIds } }) => smallIntegers(Array.from(numbers, (row) => fileIds[row]!)),

  byteOffsets: ({ numbers, rows: { offsets } }) => integers(Array.from(numbers, (row) => offsets[row]!)),

  differs: ({ differs }) => booleans(Array.from(differs, (value) => value === 1)),

  places: ({ numbers, rows }, places) => placeArrays(Array.from(numbers, (row) => placeOfRow(places, rows, row))),

  // The client sends milliseconds: PostgreSQL reads the text instead.
  instants: ({ numbers, rows: { micros, seconds } }) =>
    `{${Array.from(numbers, (row) =>
      seconds[row] === noInstant ? "NULL" : instantText({ seconds: seconds[row]!, micros: micros[row]! }),
    ).join(",")}}`,
}
