// Finds the header of a file, and its delimiter: what has all headers of the column mapping is proof of both.

import { Result } from "effect"
import { isEmail } from "../domain/emailAddress.ts"
import { isDelimiter, usualDelimiters } from "../domain/delimiter.ts"
import type { Format } from "../domain/Format.ts"
import { plural } from "../text/format.ts"
import { isProblem, makeFieldParser } from "./fields.ts"
import { foreignFormat } from "./foreignFormat.ts"
import type { Frame } from "./frame.ts"
import { Framer } from "./Framer.ts"
import { emptyError, type Header, type HeaderOptions, readHeader } from "./header.ts"
import { type HeaderError, headerError } from "./HeaderError.ts"
import { hasAt, type Text, textOf } from "./Text.ts"

/** The beginning of a file. */
export interface Beginning {
  readonly bytes: Uint8Array
  /** Nothing follows. */
  readonly isWhole: boolean
}

/** How far after the first text of a file its header may begin. */
const mostLines = 100
const mostBytes = 64 * 1024

const lineFeed = 0x0a
const carriageReturn = 0x0d

/** A physical line with text. */
interface Line {
  readonly number: number
  readonly start: number
  readonly end: number
}

/** The line that lacks the fewest headers; where each lacks all, the first. */
interface Nearest {
  readonly line: Line
  readonly delimiters: ReadonlyArray<string>
  readonly missing: number
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

/**
 * Lines are tried in order, each with every delimiter: the first that has all headers of the mapping is the header.
 * What is before it is no record. `format`: what is known of it.
 */
export const searchHeader = (
  { bytes, isWhole }: Beginning,
  format: Format,
  options: HeaderOptions,
): Result.Result<Header, HeaderError> => {
  const { maxRecordSize } = options
  const { delimiter: given, skipLines } = options.format
  const text = textOf(format.encoding)

  const withDelimiter = (delimiter: string, { number }: Line): Format => ({ ...format, delimiter, headerLine: number })

  /** The record that begins on the line, and some that follow it. */
  const framesAt = (line: Line, delimiter: string, end = bytes.length): ReadonlyArray<Frame> => {
    const format = withDelimiter(delimiter, line)
    const framer = new Framer({ format, maxRecordSize, offset: line.start, line: line.number, fields: undefined })
    const next = Math.min(line.end + 2 * text.width, end)
    for (const frames of framer.push(bytes.subarray(line.start, next))) return frames
    for (const frames of framer.push(bytes.subarray(next, end))) return frames
    if (isWhole || end < bytes.length) for (const frames of framer.finish()) return frames
    return framer.overlongHeader === undefined ? [] : [framer.overlongHeader]
  }

  /** Fails where a line before the header may be a record, of any table: it would be lost. */
  const checked = (
    header: Header,
    before: ReadonlyArray<Line>,
    delimiters: ReadonlyArray<string>,
  ): Result.Result<Header, HeaderError> => {
    const isRecord = (line: Line): boolean =>
      delimiters.some((delimiter) => {
        const [frame] = framesAt(line, delimiter)
        const [fields] = frame === undefined ? [] : makeFieldParser(withDelimiter(delimiter, line))([frame])
        return fields !== undefined && !isProblem(fields) && fields.length > 1 && fields.some(isEmail)
      })
    const line = before.find(isRecord)
    if (line === undefined) return Result.succeed(header)
    const where = `Line ${line.number} looks like a record, and the header is on line ${header.format.headerLine}.`
    return Result.fail(headerError("noHeader", `${where} Put the header first, or remove the lines before it.`))
  }

  /** Why the line is no header: under the delimiter that finds the most fields in it. */
  const misfit = ({ delimiters, line }: Nearest): Result.Result<Header, HeaderError> => {
    const beginning = bytes.subarray(line.start, Math.min(line.end, line.start + 8_192))
    const shown = text.decode(beginning) ?? String.fromCharCode(...beginning)
    const countOf = (delimiter: string): number => shown.split(delimiter).length
    const [delimiter] = delimiters.toSorted((left, right) => countOf(right) - countOf(left))
    // With the records that follow: they may show that this is no CSV.
    const frames = framesAt({ ...line, end: bytes.length }, delimiter!)
    return frames.length === 0
      ? Result.fail(foreignFormat(beginning, beginning, options.isLinked ?? false) ?? emptyError())
      : readHeader(options, withDelimiter(delimiter!, line), frames)
  }

  const search = (
    candidates: ReadonlyArray<Line>,
    delimiters: ReadonlyArray<string>,
  ): Result.Result<Header, HeaderError> => {
    let nearest: Nearest = { line: candidates[0]!, delimiters, missing: options.mapping.size }
    for (const [index, line] of candidates.entries()) {
      for (const delimiter of delimiters) {
        const [frame] = framesAt(line, delimiter)
        if (frame === undefined || frame.problem !== undefined) continue
        const header = readHeader(options, withDelimiter(delimiter, line), [frame])
        if (Result.isSuccess(header)) {
          return skipLines === undefined ? checked(header.success, candidates.slice(0, index), delimiters) : header
        }
        const { missing, reason } = header.failure
        if (reason === "misfit" && missing.length < nearest.missing)
          nearest = { line, delimiters: [delimiter], missing: missing.length }
      }
    }
    return misfit(nearest)
  }

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
  return search(skipLines === undefined ? candidates : candidates.slice(0, 1), delimiters)
}
