// What the lines of a file end with, by most of those of its beginning.

import type { Format } from "../domain/Format.ts"
import type { Frame } from "./frame.ts"
import type { Text } from "./Text.ts"

type LineEnd = NonNullable<Format["lineEnd"]>

const lineFeed = 0x0a
const carriageReturn = 0x0d

/** Whether the character is at the position. */
const isCodeAt = (bytes: Uint8Array, { low, width }: Text, position: number, code: number): boolean =>
  bytes[position + low] === code && (width === 1 || bytes[position + 1 - low] === 0)

/** What all lines end with; undefined: not all with the same. CR CR LF, which some programs make of CRLF, counts as CRLF. */
export const findLineEnd = (bytes: Uint8Array, text: Text): LineEnd | undefined => {
  const { low, width } = text
  const isAt = (position: number, code: number): boolean => isCodeAt(bytes, text, position, code)
  const next = (code: number, from: number): number => {
    let found = bytes.indexOf(code, from)
    // Of a unit of two bytes only one is the character's.
    while (found !== -1 && ((found - low) % width !== 0 || !isAt(found - low, code)))
      found = bytes.indexOf(code, found + 1)
    return found === -1 ? bytes.length : found - low
  }
  let nextReturn = next(carriageReturn, 0)
  // Most files have none: their LF need not be counted.
  if (nextReturn === bytes.length) return "LF"
  let nextFeed = next(lineFeed, 0)
  let found: LineEnd | undefined
  while (nextReturn < bytes.length) {
    if (nextFeed < nextReturn) return undefined
    let end = nextReturn + width
    if (isAt(end, carriageReturn) && isAt(end + width, lineFeed)) end += width
    const lineEnd = isAt(end, lineFeed) ? "CRLF" : "CR"
    if (found !== undefined && found !== lineEnd) return undefined
    found = lineEnd
    if (lineEnd === "CRLF") end += width
    nextReturn = next(carriageReturn, end)
    if (nextFeed < end) nextFeed = next(lineFeed, end)
  }
  return nextFeed < bytes.length ? undefined : found
}

/** What the line ends with that is before the byte; undefined: none is. */
export const lineEndBefore = (bytes: Uint8Array, end: number, text: Text): LineEnd | undefined => {
  const last = end - text.width
  if (isCodeAt(bytes, text, last, carriageReturn)) return "CR"
  if (!isCodeAt(bytes, text, last, lineFeed)) return undefined
  return isCodeAt(bytes, text, last - text.width, carriageReturn) ? "CRLF" : "LF"
}

/** Records whose line ends are counted, where lines end in several ways. */
const mostCounted = 10_000

/**
 * What most of the first records end with; undefined: none shows it. Line ends inside quotes do not count. The frames
 * must be of a `Framer` for which LF ends lines.
 */
export const lineEndOfMost = (frames: Iterable<Frame>, { width }: Text): LineEnd | undefined => {
  const counts = { LF: 0, CRLF: 0, CR: 0 }
  for (const { endsStray, length, nextOffset, offset, problem } of frames) {
    const units = (nextOffset - offset - length) / width
    if (problem === undefined && units > 0) counts[units > 1 ? "CRLF" : endsStray ? "CR" : "LF"]++
    if (counts.LF + counts.CRLF + counts.CR === mostCounted) break
  }
  if (counts.LF + counts.CRLF + counts.CR === 0) return undefined
  if (counts.CRLF >= counts.LF && counts.CRLF >= counts.CR) return "CRLF"
  return counts.LF >= counts.CR ? "LF" : "CR"
}
