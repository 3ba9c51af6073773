// The columns of users as arrays of bytes: what the client sends is copied from the rows, and no value is an object.

import type { LastVersions } from "../../domain/rows/LastVersions.ts"
import { dayColumns, noDay, noInstant, textColumns } from "../../domain/rows/layout.ts"
import { BinaryArray } from "../BinaryArray.ts"
import type { ColumnArrays } from "./ColumnArrays.ts"
import { placeArraysOfBytes } from "./placeArraysOfBytes.ts"

const textCount = textColumns.length
const dayCount = dayColumns.length

/** How many bytes the texts of each column have. */
const textSizes = ({ numbers, rows: { lengths } }: LastVersions): Int32Array => {
  const sizes = new Int32Array(textCount)
  for (const row of numbers)
    for (let column = 0; column < textCount; column++) sizes[column]! += Math.max(0, lengths[row * textCount + column]!)
  return sizes
}

/** By column, in array parameters that are bytes. */
export const arraysOfBytes: ColumnArrays = {
  /** Row by row: the texts of a row are beside each other. Column by column takes half as long again. */
  texts: (versions) => {
    const { at, bytes, lengths, starts } = versions.rows
    const sizes = textSizes(versions)
    const arrays = textColumns.map((_, column) => new BinaryArray("text", versions.numbers.length, sizes[column]!))
    for (const row of versions.numbers) {
      const start = at[row]!
      for (let column = 0; column < textCount; column++) {
        const cell = row * textCount + column
        const length = lengths[cell]!
        if (length < 0) arrays[column]!.addNull()
        else arrays[column]!.addText(bytes, start + starts[cell]!, length)
      }
    }
    return arrays.map(({ parameter }) => parameter)
  },

  days: ({ numbers, rows: { days } }, column) => {
    const array = new BinaryArray("date", numbers.length, 4 * numbers.length)
    for (const row of numbers) {
      const day = days[row * dayCount + column]!
      if (day === noDay) array.addNull()
      else array.addDay(day)
    }
    return array.parameter
  },

  status: ({ numbers, rows: { status } }) => {
    const array = new BinaryArray("boolean", numbers.length, numbers.length)
    for (const row of numbers) {
      const value = status[row]!
      if (value < 0) array.addNull()
      else array.addBoolean(value)
    }
    return array.parameter
  },

  fileIds: ({ numbers, rows: { fileIds } }) => {
    const array = new BinaryArray("integer", numbers.length, 4 * numbers.length)
    for (const row of numbers) array.addInteger(fileIds[row]!)
    return array.parameter
  },

  byteOffsets: ({ numbers, rows: { offsets } }) => {
    const array = new BinaryArray("bigint", numbers.length, 8 * numbers.length)
    for (const row of numbers) array.addBigint(offsets[row]!)
    return array.parameter
  },

  differs: ({ differs }) => {
    const array = new BinaryArray("boolean", differs.length, differs.length)
    for (const value of differs) array.addBoolean(value)
    return array.parameter
  },

  places: placeArraysOfBytes,

  instants: ({ numbers, rows: { micros, seconds } }) => {
    const array = new BinaryArray("timestamptz", numbers.length, 8 * numbers.length)
    for (const row of numbers) {
      if (seconds[row] === noInstant) array.addNull()
      else array.addInstant(seconds[row]!, micros[row]!)
    }
    return array.parameter
  },
}
