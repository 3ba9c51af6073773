// Which of the users' columns are which numbers in the rows of a chunk.

import { fileColumns, type UserColumn, userColumns } from "../fileColumns.ts"

type OfType<Type extends string> = {
  readonly [Column in UserColumn]: (typeof fileColumns)[Column]["type"] extends Type ? Column : never
}[UserColumn]

/** Kept as text: `varchar`, and `jsonb` by its text. */
export type TextColumn = OfType<`varchar(${number})` | "jsonb">
export type DayColumn = OfType<"date">

/** Of which of the two kinds a column is. */
export const isDay = (column: UserColumn): column is DayColumn => fileColumns[column].type === "date"
export const isText = (column: UserColumn): column is TextColumn =>
  !isDay(column) && fileColumns[column].type !== ("boolean" satisfies (typeof fileColumns)["status"]["type"])

/** By number. */
export const textColumns: ReadonlyArray<TextColumn> = userColumns.filter(isText)
export const dayColumns: ReadonlyArray<DayColumn> = userColumns.filter(isDay)

const numbers = <Column extends string>(columns: ReadonlyArray<Column>): Readonly<Record<Column, number>> =>
  Object.fromEntries(columns.map((column, number) => [column, number])) as Record<Column, number>

/** The numbers of the columns of text, and of those of days. */
export const textNumber = numbers(textColumns)
export const dayNumberOf = numbers(dayColumns)

/** A row without the day. No day of the calendar has this number. */
export const noDay = -(2 ** 31)

/** A row without an instant: earlier than any. */
export const noInstant = Number.NEGATIVE_INFINITY
