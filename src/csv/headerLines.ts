// The lines among which the header of a file may be, and the delimiters that it may have.

import { Result } from "effect"
import { isDelimiter, usualDelimiters } from "../domain/delimiter.ts"
import type { Format } from "../domain/Format.ts"
import { plural } from "../text/format.ts"
import type { Frame } from "./frame.ts"
import { Framer } from "./Framer.ts"
import { emptyError, type HeaderOptions } from "./header.ts"
import { type HeaderError, headerError } from "./HeaderError.ts"
import type { Beginning } from "./Sample.ts"
import { hasAt, type Text, textOf } from "./Text.ts"

/** How far after the first text of a file its header may begin. */
const mostLines = 100
const mostBytes = 64 * 1024

const lineFeed = 0x0a
const carriageReturn = 0x0d

/** A physical line with text. */
export interface Line {
  readonly number: number
  readonly start: number
  readonly end: number
}

/** The code of an ASCII character; -1: another character, or the end. */
const codeAt = (bytes: Uint8Array, { low, width }: Text, index: number): number =>
  width === 1 || bytes[index + 1 - low] === 0 ? (bytes[index + low] ?? -1) : -1

const isLineEnd = (code: number): boolean => code === lineFeed || code === carriageReturn

/** Where the physical line after the one that ends at `end` begins. */
const nextLine = (bytes: Uint8Array, text: Text, end: number): number => {
  const isPair = codeAt(bytes, text, end) === carriageReturn && codeAt(bytes, text, end + text.width) === lineFeed
  return end + (isPair ? 2 : 1) * text.width
}

const endOfLine = (bytes: Uint8Array, text: Text, start: number): number => {
  let end = start
  while (end + text.width <= bytes.length && !isLineEnd(codeAt(bytes, text, end))) end += text.width
  return Math.min(end, bytes.length)
}

const afterByteOrderMark = (bytes: Uint8Array, { byteOrderMark }: Text): number =>
  hasAt(bytes, 0, byteOrderMark) === true ? byteOrderMark.length : 0

/** Where the line after `skipped` others begins; undefined: the sample ends before. */
export const startAfter = (bytes: Uint8Array, text: Text, skipped: number): number | undefined => {
  let start = afterByteOrderMark(bytes, text)
  for (let line = 0; line < skipped; line++) {
    const end = endOfLine(bytes, text, start)
    if (end === bytes.length) return undefined
    start = nextLine(bytes, text, end)
  }
  return start
}

/** The lines with text among which the header may be. The last one may be cut off. */
const linesOf = (bytes: Uint8Array, text: Text, begin: number, line: number): ReadonlyArray<Line> => {
  const lines: Array<Line> = []
  let number = line
  let start = begin
  while (start < bytes.length) {
    const end = endOfLine(bytes, text, start)
    if (end > start) lines.push({ number, start, end })
    const [first] = lines
    start = nextLine(bytes, text, end)
    number++
    if (first !== undefined && (number - first.number >= mostLines || start - first.start >= mostBytes)) break
  }
  return lines
}

/** The usual delimiters that a file may have. */
export const delimitersFor = ({ quote }: Format): ReadonlyArray<string> =>
  usualDelimiters.filter((delimiter) => delimiter !== quote)

/** The delimiter of a line such as `sep=;`, which spreadsheets write and read. */
const namedDelimiter = (bytes: Uint8Array, text: Text, { end, start }: Line): string | undefined => {
  const line = text.decode(bytes.subarray(start, Math.min(end, start + 8 * text.width))) ?? ""
  const [, delimiter = ""] = /^"?sep=(.)"?$/i.exec(line) ?? []
  return isDelimiter(delimiter) ? delimiter : undefined
}

export interface HeaderLines {
  /** In their order, without comments; only the first where the lines before it are given. The last may be cut off. */
  readonly candidates: ReadonlyArray<Line>
  readonly delimiters: ReadonlyArray<string>
  /** Whether a line such as `sep=;` names the delimiter. */
  readonly isNamed: boolean
}

/** Fails where the file has no line with text. `format`: what is known of it. */
export const findHeaderLines = (
  { bytes, isWhole }: Beginning,
  format: Format,
  { format: { delimiter: given, skipLines }, maxRecordSize }: Pick<HeaderOptions, "format" | "maxRecordSize">,
): Result.Result<HeaderLines, HeaderError> => {
  const text = textOf(format.encoding)
  const begin = startAfter(bytes, text, skipLines ?? 0)
  if (begin === undefined) {
    return Result.fail(headerError("empty", `The file has no more than ${plural(skipLines!, "line")}. Skip fewer.`))
  }
  const lines = linesOf(bytes, text, begin, 1 + (skipLines ?? 0))
  const [first] = lines
  if (first === undefined && isWhole) return Result.fail(emptyError())
  if (first === undefined || first.start - begin > maxRecordSize) {
    const size = `${maxRecordSize} bytes of blank lines`
    return Result.fail(headerError("malformed", `The file begins with more than ${size}. Export it again.`))
  }
  const named = skipLines === undefined ? namedDelimiter(bytes, text, first) : undefined
  const delimiters = given !== undefined ? [given] : named !== undefined ? [named] : delimitersFor(format)
  const after = named === undefined ? lines : linesOf(bytes, text, first.end, first.number)
  const isComment = ({ start }: Line): boolean =>
    format.comment !== null && hasAt(bytes, start, text.encode(format.comment)) === true
  const candidates = after.filter((line) => !isComment(line))
  if (candidates.length === 0) return Result.fail(emptyError())
  return Result.succeed({
    candidates: skipLines === undefined ? candidates : candidates.slice(0, 1),
    delimiters,
    isNamed: named !== undefined,
  })
}

/** The format of a file whose header, under the delimiter, is on the line. */
export const formatAt = (format: Format, delimiter: string, { number }: Line): Format => ({
  ...format,
  delimiter,
  headerLine: number,
})

/** The record that begins on the line, and some that follow it; none after the byte `end`. */
export const framesAt = (
  { bytes, isWhole }: Beginning,
  format: Format,
  line: Line,
  maxRecordSize: number,
  end = bytes.length,
): ReadonlyArray<Frame> => {
  const framer = new Framer({ format, maxRecordSize, offset: line.start, line: line.number, fields: undefined })
  const next = Math.min(line.end + 2 * textOf(format.encoding).width, end)
  for (const frames of framer.push(bytes.subarray(line.start, next))) return frames
  for (const frames of framer.push(bytes.subarray(next, end))) return frames
  if (isWhole || end < bytes.length) for (const frames of framer.finish()) return frames
  return framer.overlongHeader === undefined ? [] : [framer.overlongHeader]
}
