// Measures what a record of an .mmdb file expands to, before mmdb-lib decodes it without any limit.

import { formatNumber } from "../../text/format.ts"

/** Levels of nested maps, arrays and pointers. MaxMind's records have 5. */
const maxDepth = 32

/** Values of a record, names included. MaxMind's records have 300. */
const maxValues = 4_096

/** Bytes of a record's texts. */
const maxTextSize = 128 * 1024

/** Bytes that a value takes in memory, about. */
const valueSize = 64

const pointerType = 1
const textType = 2
const bytesType = 4
const mapType = 7
const arrayType = 11
const booleanType = 14

/** What is added to pointers of one, two, three and four bytes. */
const pointerOffsets = [0, 2_048, 526_336, 0]

/** What is added to sizes of one, two and three bytes. */
const sizeOffsets = [29, 285, 65_821]

/** A record larger than any database needs. */
export class RecordTooLarge extends Error {
  constructor(limit: number, what: string) {
    super(`it has more than ${formatNumber(limit)} ${what}`)
  }
}

/**
 * About how many bytes the record at an offset of the file takes when it is decoded. Throws where it is too large to be
 * one: too deep, too many values, or too much text. Pointers count from `base`; what several of them share counts each
 * time.
 */
export const makeMeasure = (file: Uint8Array, base: number): ((at: number) => number) => {
  let next = 0
  let values = 0
  let textSize = 0

  // After the end of the file bytes are undefined, and so is all that is computed from them.
  const readNumber = (length: number): number => {
    let value = file[next++]!
    for (let left = length - 1; left > 0; left--) value = value * 256 + file[next++]!
    return value
  }

  const walk = (depth: number): void => {
    if (depth > maxDepth) throw new RecordTooLarge(maxDepth, "levels")
    if (++values > maxValues) throw new RecordTooLarge(maxValues, "values")
    const control = file[next++]!
    let type = control >> 5
    if (type === pointerType) {
      const length = (control >> 3) & 3
      const high = length === 3 ? 0 : (control & 7) << (8 * (length + 1))
      const target = base + pointerOffsets[length]! + high + readNumber(length + 1)
      const after = next
      next = target
      walk(depth + 1)
      next = after
      return
    }
    if (type === 0) type = file[next++]! + 7
    const short = control & 31
    const size = short < 29 ? short : sizeOffsets[short - 29]! + readNumber(short - 28)
    if (type === mapType || type === arrayType) {
      for (let left = type === mapType ? 2 * size : size; left > 0; left--) walk(depth + 1)
    } else if (type !== booleanType) {
      next += size
      if (type === textType || type === bytesType) textSize += size
      if (textSize > maxTextSize) throw new RecordTooLarge(maxTextSize, "bytes of text")
    }
    if (!(next <= file.length)) throw new Error("it is cut short")
  }

  return (at) => {
    next = at
    values = textSize = 0
    walk(1)
    return values * valueSize + textSize
  }
}
