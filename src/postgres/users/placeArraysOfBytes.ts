// The columns of places as arrays of bytes, copied from tables of places.

import { PlaceTable, placeTexts } from "../../domain/PlaceTable.ts"
import type { LastVersions } from "../../domain/rows/LastVersions.ts"
import { numberOfRow, placeByAddress, type RowPlaces } from "../../domain/rows/RowPlaces.ts"
import { BinaryArray } from "../BinaryArray.ts"
import type { ColumnArrays } from "./ColumnArrays.ts"

const textCount = placeTexts.length

/** Places of rows in two tables: that of the locator, and one for places that came by address. */
interface PlacedRows {
  readonly numbered: PlaceTable
  readonly others: PlaceTable
  /** Of each version: a number of `numbered`; below 0 of `others`; 0: it has no place. */
  readonly numbers: Int32Array
}

const placedRows = ({ numbers, rows }: LastVersions, places: RowPlaces): PlacedRows => {
  const others = new PlaceTable()
  const otherNumber = (row: number): number => {
    const location = placeByAddress(places, rows, row)
    return location === undefined ? 0 : -others.add(location)
  }
  return {
    numbered: places.numbered?.table ?? others,
    others,
    numbers: numbers.map((row) => numberOfRow(places, row) || otherNumber(row)),
  }
}

/** How many bytes the texts of each column have. */
const textSizes = ({ numbered, numbers, others }: PlacedRows): Int32Array => {
  const sizes = new Int32Array(textCount)
  for (const number of numbers) {
    if (number === 0) continue
    const { lengths } = number > 0 ? numbered : others
    const first = (Math.abs(number) - 1) * textCount
    for (let text = 0; text < textCount; text++) sizes[text]! += Math.max(0, lengths[first + text]!)
  }
  return sizes
}

/** See `ColumnArrays`. */
export const placeArraysOfBytes: ColumnArrays["places"] = (versions, places) => {
  const rows = placedRows(versions, places)
  const { numbered, numbers, others } = rows
  const sizes = textSizes(rows)
  const latitudes = new BinaryArray("float8", numbers.length, 8 * numbers.length)
  const longitudes = new BinaryArray("float8", numbers.length, 8 * numbers.length)
  const texts = Array.from(sizes, (size) => new BinaryArray("text", numbers.length, size))
  const all = [latitudes, longitudes, ...texts]
  for (const number of numbers) {
    if (number === 0) {
      for (const array of all) array.addNull()
      continue
    }
    const { at, bytes, coordinates, lengths } = number > 0 ? numbered : others
    const place = Math.abs(number) - 1
    latitudes.addDouble(coordinates[2 * place]!)
    longitudes.addDouble(coordinates[2 * place + 1]!)
    let start = at[place]!
    for (let text = 0; text < textCount; text++) {
      const length = lengths[place * textCount + text]!
      if (length < 0) texts[text]!.addNull()
      else {
        texts[text]!.addText(bytes, start, length)
        start += length
      }
    }
  }
  return all.map(({ parameter }) => parameter)
}
