// Sorts rows by e-mail, and those of one e-mail in the file's order.

import { textColumns, textNumber } from "./layout.ts"
import type { Rows } from "./Rows.ts"

/** Bytes of an e-mail in a key; three are left for the row's place. */
const keyBytes = 5

/** So few are sorted faster by comparing them. */
const few = 8

const cellOf = (row: number): number => row * textColumns.length + textNumber.email

/** Less than 0 where the left e-mail comes first, by bytes; 0 where they are equal. */
const compareEmails = ({ at, bytes, lengths, starts }: Rows, left: number, right: number, from: number): number => {
  const leftCell = cellOf(left)
  const rightCell = cellOf(right)
  const leftStart = at[left]! + starts[leftCell]!
  const rightStart = at[right]! + starts[rightCell]!
  const leftLength = lengths[leftCell]!
  const rightLength = lengths[rightCell]!
  const shorter = leftLength < rightLength ? leftLength : rightLength
  for (let index = from; index < shorter; index++) {
    const difference = bytes[leftStart + index]! - bytes[rightStart + index]!
    if (difference !== 0) return difference
  }
  return leftLength - rightLength
}

/** Whether two rows have one e-mail. */
export const isSameEmail = (rows: Rows, left: number, right: number): boolean =>
  rows.lengths[cellOf(left)] === rows.lengths[cellOf(right)] && compareEmails(rows, left, right, 0) === 0

/**
 * Sorts the numbers of rows, which come in the file's order, in place. A key is a few bytes of the e-mail, and the
 * number's place, which keeps the order of equal ones; keys sort as numbers do, without a function that compares. Ties
 * are sorted by the bytes that follow. At most 2^24 numbers. No hashes: whoever writes a file could choose them.
 */
export const sortByEmail = (rows: Rows, numbers: Int32Array): void => {
  const { at, bytes, lengths, starts } = rows
  const keys = new BigUint64Array(numbers.length)
  // Little-endian, as every machine that Node runs on.
  const halves = new Uint32Array(keys.buffer)
  const sorted = new Int32Array(numbers.length)

  const sortFew = (first: number, end: number, skipped: number): void => {
    for (let index = first + 1; index < end; index++) {
      const number = numbers[index]!
      let to = index
      for (; to > first && compareEmails(rows, numbers[to - 1]!, number, skipped) > 0; to--)
        numbers[to] = numbers[to - 1]!
      numbers[to] = number
    }
  }

  /** How many bytes all of the e-mails begin with, of which that many are known to be the same. */
  const sameBytes = (first: number, end: number, known: number): number => {
    const number = numbers[first]!
    const start = at[number]! + starts[cellOf(number)]!
    let same = lengths[cellOf(number)]!
    for (let index = first + 1; index < end && same > known; index++) {
      const other = numbers[index]!
      const otherStart = at[other]! + starts[cellOf(other)]!
      const most = Math.min(same, lengths[cellOf(other)]!)
      same = known
      while (same < most && bytes[start + same] === bytes[otherStart + same]) same++
    }
    return same
  }

  /** Numbers of which the e-mails have the same first bytes, as far as that is known. */
  const sort = (first: number, end: number, known: number): void => {
    const count = end - first
    if (count <= few) return sortFew(first, end, known)
    const skipped = sameBytes(first, end, known)
    for (let index = 0; index < count; index++) {
      const number = numbers[first + index]!
      const cell = cellOf(number)
      const start = at[number]! + starts[cell]!
      const stop = start + lengths[cell]!
      let from = start + skipped
      let high = 0
      for (let byte = 0; byte < 4; byte++, from++) high = (high << 8) | (from < stop ? bytes[from]! : 0)
      halves[2 * index + 1] = high
      halves[2 * index] = ((from < stop ? bytes[from]! : 0) << 24) | index
    }
    keys.subarray(0, count).sort()
    for (let index = 0; index < count; index++)
      sorted[first + index] = numbers[first + (halves[2 * index]! & 0xffffff)]!
    // The keys are used again: ties are found before.
    const ties: Array<number> = []
    let tie = 0
    for (let index = 1; index <= count; index++) {
      const isTie =
        index < count &&
        halves[2 * index + 1] === halves[2 * tie + 1] &&
        halves[2 * index]! >>> 24 === halves[2 * tie]! >>> 24
      if (isTie) continue
      // The last byte is 0 after the end of an e-mail: equal ones are done.
      if (index - tie > 1 && halves[2 * tie]! >>> 24 !== 0) ties.push(first + tie, first + index)
      tie = index
    }
    numbers.set(sorted.subarray(first, end), first)
    for (let index = 0; index < ties.length; index += 2) sort(ties[index]!, ties[index + 1]!, skipped + keyBytes)
  }

  sort(0, numbers.length, 0)
}
