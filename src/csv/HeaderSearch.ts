// Finds the header of a file, and its delimiter: what has all headers of the column mapping is proof of both.

import { Result } from "effect"
import { isEmail } from "../domain/Column.ts"
import { isDelimiter, usualDelimiters } from "../domain/delimiter.ts"
import { isProblem, makeFieldParser } from "./fields.ts"
import type { Frame } from "./frame.ts"
import { Framer } from "./Framer.ts"
import { emptyError, type Header, type HeaderOptions, readHeader } from "./header.ts"
import { type HeaderError, headerError } from "./HeaderError.ts"

export interface SearchOptions extends HeaderOptions {
  /** One character; undefined: that of a line `sep=;`, else the first usual one that fits. */
  readonly delimiter: string | undefined
  /** Bytes of a record, and so of a header. */
  readonly maxRecordSize: number
}

/** How far after the first text of a file its header may begin. */
const mostLines = 100
const mostBytes = 64 * 1024

const lineFeed = 0x0a
const carriageReturn = 0x0d
const isLineEnd = (byte: number | undefined): boolean => byte === lineFeed || byte === carriageReturn

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

const afterByteOrderMark = (bytes: Uint8Array): number =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0

/** The lines with text among which the header may be. The last one may be cut off. */
const linesOf = (bytes: Uint8Array, begin: number, line: number): ReadonlyArray<Line> => {
  const lines: Array<Line> = []
  let number = line
  let start = begin
  while (start < bytes.length) {
    let end = start
    while (end < bytes.length && !isLineEnd(bytes[end])) end++
    if (end > start) lines.push({ number, start, end })
    const [first] = lines
    start = end + (bytes[end] === carriageReturn && bytes[end + 1] === lineFeed ? 2 : 1)
    number++
    if (first !== undefined && (number - first.number >= mostLines || start - first.start >= mostBytes)) break
  }
  return lines
}

/** The delimiter of a line such as `sep=;`, which spreadsheets write and read. */
const delimiterOf = (bytes: Uint8Array, { end, start }: Line): string | undefined => {
  const text = String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 8)))
  const [, delimiter = ""] = /^"?sep=(.)"?$/i.exec(text) ?? []
  return isDelimiter(delimiter) ? delimiter : undefined
}

/**
 * Takes the bytes of a file from its beginning until its header is known. Lines are tried in order, each with every
 * delimiter: the first that has all headers of the mapping is the header. What is before it is no record.
 */
export class HeaderSearch {
  private readonly options: SearchOptions
  private bytes: Uint8Array = new Uint8Array(0)
  /** Bytes of a search: twice those of the last one, so that all searches take no longer than a few of the last. */
  private enough = 1
  private isOwn = false

  constructor(options: SearchOptions) {
    this.options = options
  }

  /** The header, or why there is none; undefined: more bytes are needed. */
  take(chunk: Uint8Array, isEnd: boolean): Result.Result<Header, HeaderError> | undefined {
    this.append(chunk)
    if (this.bytes.length < this.enough && !isEnd) return undefined
    this.enough = 2 * this.bytes.length
    const lines = linesOf(this.bytes, afterByteOrderMark(this.bytes), 1)
    const [first] = lines
    if (first === undefined) return this.withoutText(isEnd)
    if (first.start > this.options.maxRecordSize) return this.blank()
    // Its end may be missing, or its first half be all that is there.
    if (!isEnd && first.end === this.bytes.length && this.bytes.length < first.start + 8) return undefined
    const named = delimiterOf(this.bytes, first)
    const delimiters =
      this.options.delimiter !== undefined ? [this.options.delimiter] : named !== undefined ? [named] : usualDelimiters
    const candidates = named === undefined ? lines : linesOf(this.bytes, first.end, first.number)
    if (candidates.length === 0) return this.withoutText(isEnd)
    return this.search(candidates, delimiters, isEnd)
  }

  private append(chunk: Uint8Array): void {
    const { length } = this.bytes
    if (length === 0) {
      this.bytes = chunk
      return
    }
    const needed = length + chunk.length
    const room = this.bytes.buffer.byteLength - this.bytes.byteOffset
    // The first chunk is the source's: its neighbours in memory are not ours.
    const isOwn = this.isOwn && room >= needed
    const bytes = isOwn ? new Uint8Array(this.bytes.buffer, 0, needed) : new Uint8Array(2 * needed).subarray(0, needed)
    if (!isOwn) bytes.set(this.bytes)
    bytes.set(chunk, length)
    this.bytes = bytes
    this.isOwn = true
  }

  /** The bytes after the header. */
  after({ end }: Header): Uint8Array {
    return this.bytes.subarray(end.byteOffset)
  }

  private withoutText(isEnd: boolean): Result.Result<Header, HeaderError> | undefined {
    if (isEnd) return Result.fail(emptyError())
    return this.bytes.length > this.options.maxRecordSize ? this.blank() : undefined
  }

  private blank(): Result.Result<Header, HeaderError> {
    const size = `${this.options.maxRecordSize} bytes of blank lines`
    return Result.fail(headerError("malformed", `The file begins with more than ${size}. Export it again.`))
  }

  private search(
    candidates: ReadonlyArray<Line>,
    delimiters: ReadonlyArray<string>,
    isEnd: boolean,
  ): Result.Result<Header, HeaderError> | undefined {
    const [first] = candidates
    let nearest: Nearest = { line: first!, delimiters, missing: this.options.mapping.size }
    for (const [index, line] of candidates.entries()) {
      for (const delimiter of delimiters) {
        const frame = this.frameAt(line, delimiter, isEnd)
        if (frame === undefined) return undefined
        if (frame.problem !== undefined) continue
        const header = readHeader(this.options, delimiter, [frame])
        if (Result.isSuccess(header)) return this.checked(header.success, candidates.slice(0, index), delimiters)
        const { missing, reason } = header.failure
        if (reason === "misfit" && missing.length < nearest.missing)
          nearest = { line, delimiters: [delimiter], missing: missing.length }
      }
    }
    const last = candidates.at(-1)!
    const isSearched = last.number - first!.number >= mostLines - 1 || this.bytes.length - first!.start >= mostBytes
    if (!isEnd && !isSearched) return undefined
    return this.misfit(nearest, isEnd)
  }

  /** Fails where a line before the header may be a record, of any table: it would be lost. */
  private checked(
    header: Header,
    before: ReadonlyArray<Line>,
    delimiters: ReadonlyArray<string>,
  ): Result.Result<Header, HeaderError> {
    const isRecord = (line: Line): boolean =>
      delimiters.some((delimiter) => {
        const fields = makeFieldParser(delimiter)([this.frameAt(line, delimiter, true)!])[0]!
        return !isProblem(fields) && fields.length > 1 && fields.some(isEmail)
      })
    const line = before.find(isRecord)
    if (line === undefined) return Result.succeed(header)
    const where = `Line ${line.number} looks like a record, and the header is on line ${header.format.headerLine}.`
    return Result.fail(headerError("noHeader", `${where} Put the header first, or remove the lines before it.`))
  }

  /** Why the line is no header: under the delimiter that finds the most fields in it. */
  private misfit({ delimiters, line }: Nearest, isEnd: boolean): Result.Result<Header, HeaderError> {
    const text = String.fromCharCode(...this.bytes.subarray(line.start, Math.min(line.end, line.start + 8_192)))
    const countOf = (delimiter: string): number => text.split(delimiter).length
    const [delimiter] = delimiters.toSorted((left, right) => countOf(right) - countOf(left))
    // With the records that follow: they may show that this is no CSV.
    return readHeader(this.options, delimiter!, this.framesAt({ ...line, end: this.bytes.length }, delimiter!, isEnd)!)
  }

  /** The record that begins on the line; undefined: more bytes are needed. */
  private frameAt(line: Line, delimiter: string, isEnd: boolean): Frame | undefined {
    return this.framesAt(line, delimiter, isEnd)?.[0]
  }

  /** That record, and some that follow it. */
  private framesAt({ end, number, start }: Line, delimiter: string, isEnd: boolean): ReadonlyArray<Frame> | undefined {
    const { maxRecordSize } = this.options
    const framer = new Framer({ delimiter, maxRecordSize, offset: start, line: number, fieldCount: undefined })
    const next = Math.min(end + 2, this.bytes.length)
    for (const frames of framer.push(this.bytes.subarray(start, next))) return frames
    for (const frames of framer.push(this.bytes.subarray(next))) return frames
    if (isEnd) for (const frames of framer.finish()) return frames
    return framer.overlongHeader && [framer.overlongHeader]
  }
}
