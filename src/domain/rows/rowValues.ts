// The values of a row: each by itself, and all of them as an object.

import type { Address } from "../Address.ts"
import { dayText } from "../calendar.ts"
import type { User } from "../User.ts"
import type { UserRecord } from "../UserRecord.ts"
import { dayColumns, dayNumberOf, noDay, noInstant, textColumns, textNumber } from "./layout.ts"
import type { Rows } from "./Rows.ts"

const texts = textColumns.length
const days = dayColumns.length

/** By the column's number in `textColumns`. */
export const rowText = ({ at, bytes, lengths, starts }: Rows, row: number, column: number): string | null => {
  const cell = row * texts + column
  const length = lengths[cell]!
  if (length < 0) return null
  const start = at[row]! + starts[cell]!
  return bytes.toString("utf8", start, start + length)
}

export const rowAddress = (rows: Rows, row: number): Address | null =>
  rowText(rows, row, textNumber.ip_address) as Address | null

/** By the column's number in `dayColumns`. */
export const rowDay = (rows: Rows, row: number, column: number): string | null => {
  const day = rows.days[row * days + column]!
  return day === noDay ? null : dayText(day)
}

/** Where the record is. */
export const rowPosition = ({ fileIds, offsets }: Rows, row: number): Pick<UserRecord, "fileId" | "byteOffset"> => ({
  fileId: fileIds[row]!,
  byteOffset: offsets[row]!,
})

export const rowUser = (rows: Rows, row: number): User => {
  const status = rows.status[row]!
  return {
    source_id: rowText(rows, row, textNumber.source_id),
    first_name: rowText(rows, row, textNumber.first_name),
    last_name: rowText(rows, row, textNumber.last_name),
    email: rowText(rows, row, textNumber.email) ?? "",
    gender: rowText(rows, row, textNumber.gender),
    ip_address: rowAddress(rows, row),
    created_at: rowDay(rows, row, dayNumberOf.created_at),
    updated_at: rowDay(rows, row, dayNumberOf.updated_at),
    password: rowText(rows, row, textNumber.password),
    status: status < 0 ? null : status === 1,
    extra: rowText(rows, row, textNumber.extra),
  }
}

/** It stays what it is when the rows are used again. */
export const rowRecord = (rows: Rows, row: number): UserRecord => {
  const seconds = rows.seconds[row]!
  const at = rows.at[row]!
  return {
    user: rowUser(rows, row),
    instant: seconds === noInstant ? null : { seconds, micros: rows.micros[row]! },
    blanked: rows.blanked.get(row),
    ...rowPosition(rows, row),
    line: rows.lines[row]!,
    raw: Uint8Array.from(rows.bytes.subarray(at, at + rows.size[row]!)),
  }
}
