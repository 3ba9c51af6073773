// Last version wins: which rows of a chunk are the last version of their user.

import type { UserRecord, Winner } from "../UserRecord.ts"
import { dayColumns, textColumns, textNumber } from "./layout.ts"
import { Rows } from "./Rows.ts"
import { isSameEmail, sortByEmail } from "./sortByEmail.ts"
import { addRecord } from "./addRecord.ts"
import { rowRecord } from "./rowValues.ts"

const texts = textColumns.length
const days = dayColumns.length

/** The last version of each user among some rows. */
export interface LastVersions {
  readonly rows: Rows
  /** Of the rows, sorted by e-mail: the order in which rows of the table are locked. */
  readonly numbers: Int32Array
  /** Whether the rows of the user differ in any column; as many as `numbers`. */
  readonly differs: Uint8Array
}

const isSameText = ({ at, bytes, lengths, starts }: Rows, left: number, right: number, column: number): boolean => {
  const leftCell = left * texts + column
  const rightCell = right * texts + column
  const length = lengths[leftCell]!
  if (length !== lengths[rightCell]) return false
  const leftStart = at[left]! + starts[leftCell]!
  const rightStart = at[right]! + starts[rightCell]!
  for (let index = 0; index < length; index++) if (bytes[leftStart + index] !== bytes[rightStart + index]) return false
  return true
}

/** As `isSameUser`. */
const isSameRow = (rows: Rows, left: number, right: number): boolean => {
  if (rows.status[left] !== rows.status[right]) return false
  for (let column = 0; column < days; column++)
    if (rows.days[left * days + column] !== rows.days[right * days + column]) return false
  for (let column = 0; column < texts; column++)
    if (column !== textNumber.email && !isSameText(rows, left, right, column)) return false
  return true
}

const isLater = ({ micros, seconds }: Rows, left: number, right: number): boolean =>
  seconds[left]! > seconds[right]! || (seconds[left] === seconds[right] && micros[left]! > micros[right]!)

/** Of rows in the file's order: as `winners` of typed records. */
export const lastVersions = (rows: Rows, numbers: Int32Array): LastVersions => {
  const sorted = numbers.slice()
  sortByEmail(rows, sorted)
  const differs = new Uint8Array(sorted.length)
  let count = 0
  for (let index = 0; index < sorted.length; index++) {
    const number = sorted[index]!
    const isFirst = count === 0 || !isSameEmail(rows, sorted[count - 1]!, number)
    if (isFirst) {
      sorted[count++] = number
      continue
    }
    const last = count - 1
    if (!isSameRow(rows, sorted[last]!, number)) differs[last] = 1
    if (!isLater(rows, sorted[last]!, number)) sorted[last] = number
  }
  return { rows, numbers: sorted.subarray(0, count), differs: differs.subarray(0, count) }
}

const nothing = new Uint8Array()

/** Of versions that are known: they come sorted by e-mail, one of each. */
export const ofWinners = (winners: ReadonlyArray<Winner>): LastVersions => {
  const rows = new Rows(winners.length, winners.length * 64)
  for (const winner of winners) addRecord(rows, { ...winner, line: 0, raw: nothing })
  return {
    rows,
    numbers: Int32Array.from(winners, (_, number) => number),
    differs: Uint8Array.from(winners, ({ differs }) => Number(differs === true)),
  }
}

/** Of the users from one place to before another, in their order. */
export const sliceOf = ({ differs, numbers, rows }: LastVersions, first: number, end: number): LastVersions => {
  return { rows, numbers: numbers.subarray(first, end), differs: differs.subarray(first, end) }
}

/** Typed, in their order. */
export const winnersOf = ({ rows, numbers, differs }: LastVersions): ReadonlyArray<Winner> =>
  Array.from(numbers, (number, index) => {
    const { user, instant, fileId, byteOffset }: UserRecord = rowRecord(rows, number)
    const winner = { user, instant, fileId, byteOffset }
    return differs[index] === 1 ? { ...winner, differs: true } : winner
  })
