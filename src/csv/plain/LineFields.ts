// Finds the fields of a record that is one line, and where the line ends.

import type { Format } from "../../domain/Format.ts"
import type { FieldCounts } from "../FieldCounts.ts"
import { BLANK, CARRIAGE_RETURN, DELIMITER, LINE_FEED, meaningsOf, QUOTE, TEXT } from "../meanings.ts"
import { textOf } from "../Text.ts"
import { isUtf8Line } from "./utf8.ts"

/** Instead of where the next line begins: the line is not certainly a record; its end is not there yet. */
const NOT_CERTAIN = -1
export const NOT_COMPLETE = -2

/** The first byte of a byte order mark. */
const markStart = 0xef

const space = 0x20
const firstBeyondAscii = 0x80

/** What a byte beyond ASCII means: it is text, but all bytes of its record have to be looked at. */
const BEYOND_ASCII = 0x80

/** Those of one record at a time. */
export class LineFields {
  /** Where the text of each field begins and ends, without its quotes. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** Where the record ends. */
  end = 0
  private readonly meanings: Uint8Array
  /** The meanings of bytes that need a look, in an unquoted field and in a quoted one; 0: text. */
  private readonly stops: Uint8Array
  private readonly quotedStops: Uint8Array
  private readonly counts: FieldCounts
  /** The most bytes of a record. */
  private readonly longest: number
  private readonly trim: boolean
  private readonly isFeedStray: boolean
  private readonly comment: number
  /** Whether the record has no byte beyond ASCII so far. */
  private isAscii = true

  /** For UTF-8 without escapes. */
  constructor(format: Format, counts: FieldCounts, longest: number) {
    const text = textOf(format.encoding)
    this.starts = new Int32Array(counts.all)
    this.ends = new Int32Array(counts.all)
    this.meanings = meaningsOf(format, text)
    this.stops = this.meanings.map((meaning, byte) =>
      byte >= firstBeyondAscii ? BEYOND_ASCII : meaning > BLANK ? meaning : TEXT,
    )
    this.quotedStops = this.stops.map((stop) => (stop === DELIMITER ? TEXT : stop))
    this.counts = counts
    this.longest = longest
    this.trim = format.trim
    this.isFeedStray = format.lineEnd === "CRLF"
    this.comment = format.comment === null ? -1 : text.encode(format.comment)[0]!
  }

  /** Finds those of the record at `begin`. Returns where the next line begins; or `NOT_CERTAIN`, or `NOT_COMPLETE`. */
  find(bytes: Uint8Array, begin: number): number {
    const { counts, ends, starts, stops, trim } = this
    const { all, named } = counts
    const limit = Math.min(bytes.length, begin + this.longest + 1)
    if (!this.mayBegin(bytes[begin]!)) return NOT_CERTAIN
    this.isAscii = true
    let field = 0
    let at = begin
    for (; ; at++) {
      const start = at
      at = this.endOfText(bytes, start, limit, stops)
      if (at < limit && at === start && stops[bytes[at]!] === QUOTE) {
        starts[field] = start + 1
        at = ends[field] = this.endOfText(bytes, start + 1, limit, this.quotedStops)
        if (at < limit && stops[bytes[at++]!] !== QUOTE) return NOT_CERTAIN
      } else {
        starts[field] = start
        ends[field] = at
        if (trim && at > start && (bytes[start]! <= space || bytes[at - 1]! <= space)) this.trimField(bytes, field)
      }
      if (at === limit) return limit === bytes.length ? NOT_COMPLETE : NOT_CERTAIN
      field++
      if (stops[bytes[at]!] !== DELIMITER) break
      if (field === all) return NOT_CERTAIN
    }
    if (field < named) return NOT_CERTAIN
    // Names may be missing at the header's end, and their fields too.
    for (; field < all; field++) starts[field] = ends[field] = at
    this.end = at
    const next = this.afterLineEnd(bytes, at)
    return next > 0 && !this.isAscii && !isUtf8Line(bytes, begin, at) ? NOT_CERTAIN : next
  }

  private mayBegin(byte: number): boolean {
    const meaning = this.meanings[byte]
    const isField = meaning === TEXT || meaning === DELIMITER || meaning === QUOTE
    return isField && byte !== this.comment && byte !== markStart
  }

  /** Where the text ends, or what makes it uncertain is. */
  private endOfText(bytes: Uint8Array, start: number, limit: number, stops: Uint8Array): number {
    let at = start
    for (; at < limit; at++) {
      const stop = stops[bytes[at]!]!
      if (stop === TEXT) continue
      if (stop !== BEYOND_ASCII) break
      this.isAscii = false
    }
    return at
  }

  private trimField(bytes: Uint8Array, field: number): void {
    const { ends, meanings, starts } = this
    let start = starts[field]!
    let end = ends[field]!
    while (start < end && meanings[bytes[start]!] === BLANK) start++
    while (start < end && meanings[bytes[end - 1]!] === BLANK) end--
    starts[field] = start
    ends[field] = end
  }

  private afterLineEnd(bytes: Uint8Array, at: number): number {
    const { meanings } = this
    const meaning = meanings[bytes[at]!]
    if (meaning === LINE_FEED) return this.isFeedStray ? NOT_CERTAIN : at + 1
    if (meaning !== CARRIAGE_RETURN) return NOT_CERTAIN
    if (at + 1 === bytes.length) return NOT_COMPLETE
    return meanings[bytes[at + 1]!] === LINE_FEED ? at + 2 : NOT_CERTAIN
  }
}
