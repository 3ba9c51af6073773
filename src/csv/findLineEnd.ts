// What the lines of a file end with, by most of those of its beginning.

import type { Format } from "../domain/Format.ts"
import type { Text } from "./Text.ts"

type LineEnd = NonNullable<Format["lineEnd"]>

const lineFeed = 0x0a
const carriageReturn = 0x0d

/** CR CR LF, which some programs make of CRLF, counts as CRLF. */
export const findLineEnd = (bytes: Uint8Array, { low, width }: Text): LineEnd => {
  const counts = { LF: 0, CRLF: 0, CR: 0 }
  const isAt = (position: number, code: number): boolean =>
    bytes[position + low] === code && (width === 1 || bytes[position + 1 - low] === 0)
  const next = (code: number, from: number): number => {
    let found = bytes.indexOf(code, from)
    // Of a unit of two bytes only one is the character's.
    while (found !== -1 && !isAt(found - low, code)) found = bytes.indexOf(code, found + 1)
    return found === -1 ? bytes.length : found - low
  }
  let nextReturn = next(carriageReturn, 0)
  // Most files have none: their LF need not be counted.
  if (nextReturn === bytes.length) return "LF"
  let nextFeed = next(lineFeed, 0)
  while (nextReturn < bytes.length || nextFeed < bytes.length) {
    if (nextFeed < nextReturn) {
      counts.LF++
      nextFeed = next(lineFeed, nextFeed + width)
      continue
    }
    let end = nextReturn + width
    if (isAt(end, carriageReturn) && isAt(end + width, lineFeed)) end += width
    const isPair = isAt(end, lineFeed)
    counts[isPair ? "CRLF" : "CR"]++
    end += isPair ? width : 0
    nextReturn = next(carriageReturn, end)
    if (nextFeed < end) nextFeed = next(lineFeed, end)
  }
  if (counts.CRLF >= counts.LF && counts.CRLF >= counts.CR) return "CRLF"
  return counts.LF >= counts.CR ? "LF" : "CR"
}
