// Finds the fields of a record that is one line, and where the line ends.

import { isUtf8 } from "../Text.ts"
import type { Format } from "../../domain/Format.ts"
import type { FieldCounts } from "../Framer.ts"
import { BLANK, CARRIAGE_RETURN, DELIMITER, LINE_FEED, meaningsOf, PADDING, QUOTE, TEXT } from "../meanings.ts"
import { textOf } from "../Text.ts"

/** Instead of where the next line begins: the line is not certainly a record; its end is not there yet. */
export const NOT_CERTAIN = -1
export const NOT_COMPLETE = -2

/** The first byte of a byte order mark. */
const markStart = 0xef

/** Those of one record at a time. */
export class LineFields {
  /** Where the text of each field begins and ends, without its quotes. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** Where the record ends. */
  end = 0
  private readonly meanings: Uint8Array
  private readonly counts: FieldCounts
  /** The most bytes of a record. */
  private readonly longest: number
  private readonly isFeedStray: boolean
  private readonly comment: number

  /** For UTF-8 without escapes. */
  constructor(format: Format, counts: FieldCounts, longest: number) {
    this.starts = new Int32Array(counts.all)
    this.ends = new Int32Array(counts.all)
    this.meanings = meaningsOf(format, textOf(format.encoding))
    this.counts = counts
    this.longest = longest
    this.isFeedStray = format.lineEnd === "CRLF"
    this.comment = format.comment === null ? -1 : textOf(format.encoding).encode(format.comment)[0]!
  }

  /** Finds those of the record at `begin`. Returns where the next line begins; or `NOT_CERTAIN`, or `NOT_COMPLETE`. */
  find(bytes: Uint8Array, begin: number): number {
    const { counts, ends, meanings, starts } = this
    const { all } = counts
    const limit = Math.min(bytes.length, begin + this.longest + 1)
    const first = bytes[begin]!
    const meaning = meanings[first]!
    const mayBegin = meaning === TEXT || meaning === DELIMITER || meaning === QUOTE
    if (!mayBegin || first === this.comment || first === markStart) return NOT_CERTAIN
    /** The bits of all bytes: the highest is that of bytes beyond ASCII. */
    let bits = 0
    let field = 0
    let at = begin
    for (;;) {
      const isQuoted = at < limit && meanings[bytes[at]!] === QUOTE
      if (isQuoted) at++
      starts[field] = at
      const most = isQuoted ? DELIMITER : BLANK
      for (; at < limit; at++) {
        const byte = bytes[at]!
        const meaning = meanings[byte]!
        if (meaning > most || meaning === PADDING) break
        bits |= byte
      }
      ends[field] = at
      if (isQuoted && at < limit) {
        if (meanings[bytes[at]!] !== QUOTE) return NOT_CERTAIN
        at++
      }
      if (at === limit) return limit === bytes.length ? NOT_COMPLETE : NOT_CERTAIN
      field++
      if (meanings[bytes[at]!] !== DELIMITER) break
      if (field === all) return NOT_CERTAIN
      at++
    }
    if (field < counts.named) return NOT_CERTAIN
    // Names may be missing at the header's end, and their fields too.
    for (; field < all; field++) starts[field] = ends[field] = at
    this.end = at
    const next = this.afterLineEnd(bytes, at)
    return next > 0 && bits >= 0x80 && !isUtf8(bytes.subarray(begin, at)) ? NOT_CERTAIN : next
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
