// Adds a record to rows whose user is an object already.

import { numberOfDay } from "../calendar.ts"
import { laneOf } from "../laneOf.ts"
import type { UserRecord } from "../UserRecord.ts"
import { dayColumns, noDay, noInstant, textColumns } from "./layout.ts"
import type { Rows } from "./Rows.ts"

const texts = textColumns.length
const days = dayColumns.length

const dayOf = (text: string | null): number => (text === null ? noDay : numberOfDay(text))

const setText = (rows: Rows, row: number, column: number, text: string | null): void => {
  const cell = row * texts + column
  if (text === null) {
    rows.starts[cell] = 0
    rows.lengths[cell] = -1
    return
  }
  // UTF-8 has three bytes a UTF-16 code unit at most.
  rows.needBytes(text.length * 3)
  rows.starts[cell] = rows.used - rows.at[row]!
  const length = rows.bytes.write(text, rows.used)
  rows.lengths[cell] = length
  rows.used += length
}

export const addRecord = (rows: Rows, { user, instant, blanked, fileId, byteOffset, line, raw }: UserRecord): void => {
  const row = rows.count
  rows.needRows(1)
  rows.needBytes(raw.length)
  rows.at[row] = rows.used
  rows.size[row] = raw.length
  rows.bytes.set(raw, rows.used)
  rows.used += raw.length
  for (let column = 0; column < texts; column++) setText(rows, row, column, user[textColumns[column]!])
  for (let column = 0; column < days; column++) rows.days[row * days + column] = dayOf(user[dayColumns[column]!])
  rows.seconds[row] = instant === null ? noInstant : instant.seconds
  rows.micros[row] = instant === null ? 0 : instant.micros
  rows.status[row] = user.status === null ? -1 : Number(user.status)
  rows.lanes[row] = laneOf(user.email)
  rows.fileIds[row] = fileId
  rows.offsets[row] = byteOffset
  rows.lines[row] = line
  if (blanked !== undefined) rows.blanked.set(row, blanked)
  rows.count++
}
