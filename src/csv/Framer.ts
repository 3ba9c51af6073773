// Cuts the bytes of a CSV file into records, so that damage in one costs no other.

import type { Format } from "../domain/Format.ts"
import { formatNumber, plural } from "../text/format.ts"
import type { FieldCounts } from "./FieldCounts.ts"
import type { Frame } from "./frame.ts"
import {
  BLANK,
  CARRIAGE_RETURN,
  DELIMITER,
  ESCAPE,
  LEAD,
  LINE_FEED,
  PADDING,
  QUOTE,
  TEXT,
  isTrail,
  meaningsOf,
} from "./meanings.ts"
import type { PlainWalk } from "./plain/PlainWalk.ts"
import { hasAt, type Text, textOf } from "./Text.ts"

export interface FramerOptions {
  readonly format: Format
  /** The most bytes of a record. */
  readonly maxRecordSize: number
  /** Where in the file the first pushed byte is, and on which physical line. */
  readonly offset: number
  readonly line: number
  /** Undefined: a record may have any number of fields. */
  readonly fields: FieldCounts | undefined
  /** The most frames of a batch, where its records become more than their bytes. */
  readonly mostFrames?: number | undefined
  /** Takes the plain records, which become no frames. Whoever takes a batch takes its rows before the next one. */
  readonly plain?: PlainWalk | undefined
}

const RECORD_START = 0
const FIELD_START = 1
const UNQUOTED = 2
const QUOTED = 3
/** After a quote inside a quoted field: a doubled one, or the end of the field. */
const QUOTE_SEEN = 4
/** After a quoted field, and blanks. */
const QUOTE_ENDED = 5
/** The rest of the line is skipped: the record is malformed, or a comment. */
const SKIPPING = 6
/** After padding, in a row without text so far. */
const PADDED = 7

/** The most bytes of a batch. One damaged record can release as many frames as `maxRecordSize` holds. */
const batchSize = 256 * 1024

/** The most frames of a batch: short records become objects that take far more memory than their bytes. */
const framesOfBatch = 1_024

/**
 * Pure: bytes in, batches of frames out, on demand. A batch is never empty: it has frames or plain rows; take all of
 * them before pushing more bytes.
 *
 * A quote opens only at the start of a field, and is malformed inside an unquoted one; a blank line is a line end, a row
 * without text is counted as blank. Where quotes are damaged only the first physical line is rejected, and framing
 * starts again at the next line: damage never reaches a neighbour, unless it happens to form a legal record.
 */
export class Framer {
  /** Rows without text, so far. An empty line is none. */
  blankRows = 0

  private readonly format: Format
  private readonly maxRecordSize: number
  private readonly mostFrames: number
  private readonly plain: PlainWalk | undefined
  private readonly fieldCounts: FieldCounts | undefined
  private readonly text: Text
  private readonly width: 1 | 2
  private readonly comment: Uint8Array | undefined
  /** The first byte of the byte order mark; -1: the encoding has none. */
  private readonly markStart: number
  /** Whether the lines of the file end otherwise. */
  private readonly isFeedStray: boolean
  private readonly isReturnStray: boolean
  /** What an ASCII code unit means, in unquoted text and in quoted text. */
  private readonly meanings: Uint8Array

  private bytes: Uint8Array = new Uint8Array(0)
  /** Whether `bytes` is the beginning of a buffer of our own, which may have room after it. */
  private isOwn = false
  /** Of the current record; positions are indexes of `bytes`. */
  private start = 0
  private position = 0
  private offset: number
  private line: number
  private state = RECORD_START
  private fields = 1
  /** The last field with text; 0: none has any. */
  private lastFilled = 0
  private lineEnds = 0
  /**
   * Where the first line end inside quotes is, the line after it begins, and how many lines are before that; -1: there is
   * none. Where the quotes prove to be damaged, it is a line end.
   */
  private firstLineEnd = -1
  private secondLine = -1
  private firstLines = 0
  private isQuoted = false
  private isComment = false
  private problem: string | undefined
  /** Bytes of an overlong line that are no longer in memory. */
  private dropped = 0
  /** Whether the last line ended otherwise than the lines of the file do. */
  private followsStray = false

  private frames: Array<Frame> = []
  /** Bytes of these frames. */
  private framed = 0

  constructor({ fields, format, line, maxRecordSize, mostFrames = framesOfBatch, offset, plain }: FramerOptions) {
    this.format = format
    this.maxRecordSize = maxRecordSize
    this.fieldCounts = fields
    this.mostFrames = Math.min(mostFrames, framesOfBatch)
    this.plain = plain
    this.offset = offset
    this.line = line
    this.text = textOf(format.encoding)
    this.width = this.text.width
    this.markStart = this.text.byteOrderMark[0] ?? -1
    this.isFeedStray = format.lineEnd === "CRLF" || format.lineEnd === "CR"
    this.isReturnStray = format.lineEnd === "CRLF" || format.lineEnd === "LF"
    this.comment = format.comment === null ? undefined : this.text.encode(format.comment)
    this.meanings = meaningsOf(format, this.text)
  }

  /** The file's next bytes. */
  *push(chunk: Uint8Array): Generator<ReadonlyArray<Frame>> {
    this.append(chunk)
    yield* this.batches(false)
  }

  /** The file ended. */
  *finish(): Generator<ReadonlyArray<Frame>> {
    yield* this.batches(true)
    while (this.start < this.bytes.length) {
      if (this.state === QUOTED) this.giveUpFirstLine("a quote is still open at the end of the file")
      else this.endRecord(this.bytes.length, this.bytes.length, undefined)
      yield* this.batches(true)
    }
  }

  /** Before the first frame: what is in the header's place, once it is longer than a record may be. */
  get overlongHeader(): Frame | undefined {
    if (this.state !== SKIPPING || this.isComment) return undefined
    const frame = this.frame(this.position, this.offset, this.line, 0, false, "whole")
    return frame.length > this.maxRecordSize ? frame : undefined
  }

  private frame(
    end: number,
    nextOffset: number,
    nextLine: number,
    lookahead: number,
    endsStray: boolean,
    row: Frame["row"],
  ): Frame {
    const { bytes, start, offset, line, isQuoted, problem, followsStray } = this
    const length = end - start + this.dropped
    const kept = Math.min(end, start + this.maxRecordSize)
    return {
      bytes,
      start,
      end: kept,
      offset,
      line,
      length,
      nextOffset,
      nextLine,
      lookahead,
      plainBefore: this.plainRows,
      isQuoted,
      row,
      followsStray,
      endsStray,
      problem,
    }
  }

  private get plainRows(): number {
    return this.plain === undefined ? 0 : this.plain.count
  }

  private *batches(isEnd: boolean): Generator<ReadonlyArray<Frame>> {
    for (;;) {
      this.scan(isEnd)
      if (this.frames.length === 0 && this.plainRows === 0) return
      yield this.frames
      this.frames = []
      this.framed = 0
    }
  }

  private append(chunk: Uint8Array): void {
    if (this.state === SKIPPING || this.state === PADDED) this.dropSkipped()
    const end = this.bytes.length
    if (this.start === end) {
      this.bytes = chunk
      this.isOwn = false
      this.start = this.position = 0
      return
    }
    if (!this.isOwn || end + chunk.length > this.bytes.buffer.byteLength) this.makeRoom(chunk.length)
    const length = this.bytes.length
    this.bytes = new Uint8Array(this.bytes.buffer, 0, length + chunk.length)
    this.bytes.set(chunk, length)
  }

  /** Of a skipped line, or of padding, only the beginning is kept. */
  private dropSkipped(): void {
    const count = this.position - this.start - this.maxRecordSize
    if (count <= 0) return
    // It may belong to a line end.
    const rest = this.bytes.length - this.position
    if (rest > 0) {
      if (!this.isOwn) this.makeRoom(0)
      this.bytes.copyWithin(this.position - count, this.position)
    }
    this.dropped += count
    this.position -= count
    this.bytes = this.bytes.subarray(0, this.position + rest)
  }

  /** Moves what is kept to memory of our own, with room for `count` bytes more. */
  private makeRoom(count: number): void {
    const { start } = this
    const kept = this.bytes.subarray(start)
    const needed = kept.length + count
    // Doubled for a record that fills the buffer: it may take several pushes, each of which would copy all of it.
    const size = start > 0 ? needed : Math.max(needed, Math.min(2 * needed, this.maxRecordSize + 2 * count))
    this.bytes = new Uint8Array(size).subarray(0, kept.length)
    this.bytes.set(kept)
    this.isOwn = true
    this.start = 0
    this.position -= start
    if (this.firstLineEnd !== -1) {
      this.firstLineEnd -= start
      this.secondLine -= start
    }
  }

  private meaningAt(position: number): number {
    const { bytes, text } = this
    if (this.width === 1) return this.meanings[bytes[position]!]!
    return bytes[position + 1 - text.low] === 0 ? this.meanings[bytes[position + text.low]!]! : TEXT
  }

  private scan(isEnd: boolean): void {
    const { bytes, width } = this
    while (this.position + width <= bytes.length && this.framed < batchSize && this.frames.length < this.mostFrames) {
      if (this.state === RECORD_START) {
        // After a stray line end the line may go on: its pieces are no records.
        if (this.plain !== undefined && !this.followsStray && !this.takePlainRows(this.plain, isEnd)) return
        if (this.takePlainRecord()) continue
        if (!this.beginRecord(isEnd)) return
        if (this.position + width > bytes.length) break
      }
      const meaning = this.meaningAt(this.position)
      if (meaning === LINE_FEED || meaning === CARRIAGE_RETURN) {
        if (!this.takeLineEnd(meaning, isEnd)) return
      } else if (this.state === SKIPPING) this.skipToLineEnd()
      else if (meaning === ESCAPE && this.state !== QUOTE_SEEN && this.state !== QUOTE_ENDED) {
        if (!this.takeEscaped(isEnd)) return
      } else if (meaning === QUOTE) this.takeQuote()
      else if (meaning === DELIMITER && this.state !== QUOTED) {
        // Fields of NUL are no padding.
        if (this.state === PADDED) this.lastFilled = this.fields
        this.fields++
        this.state = FIELD_START
        this.position += width
      } else if (this.state === QUOTE_SEEN || this.state === QUOTE_ENDED) this.takeAfterQuote(meaning)
      else if (meaning === LEAD && this.position + 1 === bytes.length && !isEnd) return
      else if (this.state === QUOTED) this.takeQuotedText()
      else if (meaning === BLANK && (this.state === FIELD_START || this.state === PADDED)) this.position += width
      else if (meaning === PADDING && this.state !== UNQUOTED && this.fields === 1 && !this.format.isExact) {
        this.state = PADDED
        this.position += width
      } else this.takeText()
      if (this.position - this.start > this.maxRecordSize && this.state !== SKIPPING && this.state !== PADDED) {
        this.giveUp(`longer than ${this.maxRecordSize} bytes (the maximum record size)`)
      }
    }
    // Half of a code unit is text, and makes its record malformed.
    if (isEnd && this.position < this.bytes.length && this.position + width > this.bytes.length) {
      this.position = this.bytes.length
      this.lastFilled = this.fields
    }
  }

  /** False: its rows are full, or more bytes are needed. */
  private takePlainRows(plain: PlainWalk, isEnd: boolean): boolean {
    const { count } = plain
    const next = plain.walk(this.bytes, this.start, this.offset, this.line)
    this.offset += next - this.start
    this.line += plain.count - count
    this.start = this.position = next
    if (plain.stop !== "incomplete") return plain.stop === "uncertain"
    // What is too long is not looked at again with each piece of it.
    const left = this.bytes.length - next
    return left > 0 && (isEnd || left > plain.longest)
  }

  /** Nearly every record is a line of text and delimiters: it takes one loop. False: the next one may not be. */
  private takePlainRecord(): boolean {
    const { bytes, fieldCounts, meanings, start } = this
    const first = bytes[start]!
    const mayBegin = this.width === 1 && meanings[first] === TEXT && first !== this.markStart
    if (fieldCounts === undefined || this.comment !== undefined || !mayBegin) return false
    let fields = 1
    let end = start + 1
    for (; end < bytes.length; end++) {
      const meaning = meanings[bytes[end]!]!
      if (meaning === TEXT) continue
      if (meaning === DELIMITER) fields++
      else if (meaning > DELIMITER) break
    }
    const next = this.afterPlainLine(end)
    const isFitting = fields >= fieldCounts.named && fields <= fieldCounts.all && end - start <= this.maxRecordSize
    if (next === undefined || !isFitting) return false
    this.leave(end, next, 1, 0, false)
    return true
  }

  /** Where the line after one that ends with LF or CRLF begins; undefined: it does not, or more bytes are needed. */
  private afterPlainLine(end: number): number | undefined {
    const meaning = end < this.bytes.length ? this.meaningAt(end) : TEXT
    if (meaning === LINE_FEED) return this.isFeedStray ? undefined : end + 1
    return meaning === CARRIAGE_RETURN && this.isAt(end + 1, LINE_FEED) ? end + 2 : undefined
  }

  /** False while more bytes are needed to decide how the record begins. */
  private beginRecord(isEnd: boolean): boolean {
    const { bytes, comment, format, offset, position, text } = this
    const hasNoMark = bytes[position] !== this.markStart || (format.isExact && offset > 0)
    const mark = hasNoMark ? false : (hasAt(bytes, position, text.byteOrderMark) ?? (isEnd ? false : undefined))
    if (mark === undefined) return false
    const start = mark ? position + text.byteOrderMark.length : position
    const isComment = comment === undefined ? false : (hasAt(bytes, start, comment) ?? (isEnd ? false : undefined))
    if (isComment === undefined) return false
    this.offset += start - position
    this.start = this.position = start
    this.state = isComment ? SKIPPING : FIELD_START
    this.isComment = isComment
    return true
  }

  /** False while more bytes are needed to decide where the next line begins. */
  private takeLineEnd(meaning: number, isEnd: boolean): boolean {
    const { isReturnStray, width } = this
    const next = this.position + width
    if (meaning === LINE_FEED) {
      this.endLine(next, this.isFeedStray)
      return true
    }
    const after = next + width <= this.bytes.length ? this.meaningAt(next) : undefined
    if (after === undefined && !isEnd) return false
    if (after === LINE_FEED) {
      this.endLine(next + width, false)
      return true
    }
    // CR CR LF counts as CRLF, but for files whose lines end with CR, or with any line end.
    if (after === CARRIAGE_RETURN && isReturnStray) {
      const third = next + 2 * width <= this.bytes.length ? this.meaningAt(next + width) : undefined
      if (third === undefined && !isEnd) return false
      if (third === LINE_FEED) {
        this.endLine(next + 2 * width, false)
        return true
      }
    }
    this.endLine(next, isReturnStray)
    return true
  }

  private takeQuote(): void {
    if (this.state === QUOTE_ENDED) return this.giveUp("text after a closing quote")
    const isAfterBlanks = this.state === FIELD_START && !this.format.trim && !this.isAtFieldStart()
    if (this.state === UNQUOTED || this.state === PADDED || isAfterBlanks)
      return this.giveUp("a quote inside an unquoted field")
    // A doubled quote is text.
    if (this.state === QUOTE_SEEN) this.lastFilled = this.fields
    this.state = this.state === QUOTED ? QUOTE_SEEN : QUOTED
    this.isQuoted = true
    this.position += this.width
  }

  /** Whether nothing stands between the field's beginning and the position, not even blanks. */
  private isAtFieldStart(): boolean {
    return this.position === this.start || this.meaningAt(this.position - this.width) === DELIMITER
  }

  private takeAfterQuote(meaning: number): void {
    if (meaning !== BLANK || !this.format.trim) return this.giveUp("text after a closing quote")
    this.state = QUOTE_ENDED
    this.position += this.width
  }

  /** False while more bytes are needed. */
  private takeEscaped(isEnd: boolean): boolean {
    const { bytes, text } = this
    let next = this.position + text.width
    const meaning = next + text.width <= bytes.length ? this.meaningAt(next) : undefined
    if (meaning === undefined && !isEnd) return false
    if (meaning === CARRIAGE_RETURN && next + 2 * text.width > bytes.length && !isEnd) return false
    if (this.state !== QUOTED) this.state = UNQUOTED
    this.isQuoted = true
    this.lastFilled = this.fields
    if (meaning === undefined) {
      this.position = next
      if (next - this.start <= this.maxRecordSize) this.giveUp("a backslash at the end of the file")
      return true
    }
    if (meaning === LINE_FEED || meaning === CARRIAGE_RETURN) {
      const isPair = meaning === CARRIAGE_RETURN && this.isAt(next + text.width, LINE_FEED)
      if (this.state === UNQUOTED) {
        this.lineEnds++
        next += (isPair ? 2 : 1) * text.width
      }
      // Inside quotes it is text without an escape too.
      this.position = next
      return true
    }
    // The second byte of a character is no character.
    if (meaning !== LEAD) next += text.width
    this.position = next
    return true
  }

  private isAt(position: number, meaning: number): boolean {
    return position + this.width <= this.bytes.length && this.meaningAt(position) === meaning
  }

  private takeText(): void {
    this.state = UNQUOTED
    this.position = this.endOfText(this.position, PADDING)
    this.lastFilled = this.fields
  }

  private takeQuotedText(): void {
    this.lastFilled = this.fields
    this.position = this.endOfText(this.position, DELIMITER)
  }

  /** The next position that means more than `most`. */
  private endOfText(from: number, most: number): number {
    const { bytes, meanings, text } = this
    let position = from
    if (text.width === 2) {
      for (; position + 1 < bytes.length; position += 2) {
        if (bytes[position + 1 - text.low] === 0 && meanings[bytes[position + text.low]!]! > most) break
      }
      return position
    }
    for (;;) {
      while (position < bytes.length && meanings[bytes[position]!]! <= most) position++
      if (position === bytes.length || meanings[bytes[position]!] !== LEAD) return position
      if (position + 1 === bytes.length) return position === from ? position + 1 : position
      position += isTrail(bytes[position + 1]!) ? 2 : 1
    }
  }

  private skipToLineEnd(): void {
    const { width } = this.text
    let { position } = this
    for (; position + width <= this.bytes.length; position += width) {
      const meaning = this.meaningAt(position)
      if (meaning === LINE_FEED || meaning === CARRIAGE_RETURN) break
      if (meaning === LEAD && isTrail(this.bytes[position + 1] ?? 0)) position++
    }
    this.position = position
  }

  /** `isStray`: the file's lines end otherwise. */
  private endLine(next: number, isStray: boolean): void {
    if (this.state === QUOTED) this.takeLine(next)
    else this.endRecord(this.position, next, isStray)
  }

  /** A line end inside quotes. */
  private takeLine(next: number): void {
    this.lastFilled = this.fields
    this.lineEnds++
    if (this.firstLineEnd === -1) {
      this.firstLineEnd = this.position
      this.secondLine = next
      this.firstLines = this.lineEnds
    }
    this.position = next
  }

  /** `isStray` is undefined at the end of the file. */
  private endRecord(end: number, next: number, isStray: boolean | undefined): void {
    const isEmpty = end + this.dropped === this.start
    const hasNoText = isEmpty || (this.lastFilled === 0 && !this.format.isExact)
    const isBlank = this.isComment || (hasNoText && this.state !== SKIPPING)
    if (isBlank) {
      if (!this.isComment && !isEmpty) this.blankRows++
      // Pieces of a line may be around it.
      const isPiece = this.followsStray
      return this.leave(isPiece ? end : undefined, next, this.lineEnds + 1, 0, isPiece && isStray === true, "blank")
    }
    const isShort = this.state !== SKIPPING && this.checkFields(isStray === undefined)
    this.leave(end, next, this.lineEnds + 1, 0, isStray === true, isShort ? "short" : "whole")
  }

  /** Notes where there are too many fields, or too few. Whether some are missing that may be. */
  private checkFields(isFileEnd: boolean): boolean {
    if (this.fieldCounts === undefined) return false
    const { all, named } = this.fieldCounts
    const { fields, format, lastFilled } = this
    if (fields >= named && (fields <= all || lastFilled <= all)) return false
    const isLine = this.lineEnds === 0 && !isFileEnd
    if (fields < named && isLine && format.shortRows === "null") return true
    // One field is more likely no row of the table.
    const isAdvised = fields > 1 && fields < named && isLine
    const advice = isAdvised ? " (--short-rows null reads the missing ones as null)" : ""
    this.problem = `${plural(fields, "field")} where the header has ${formatNumber(named)}${advice}`
    return false
  }

  private giveUp(problem: string): void {
    const isOneLine = this.firstLineEnd === -1
    // The reject names the first line, and the problem may be on a later one.
    this.giveUpFirstLine(isOneLine ? problem : `a quote stays open over several lines: ${problem}`)
  }

  /** The record is malformed: its first line is rejected, at once or when its end is reached. */
  private giveUpFirstLine(problem: string): void {
    this.problem = problem
    if (this.firstLineEnd === -1) {
      this.state = SKIPPING
      return
    }
    // Bytes beyond the limit do not count, however far the scan went.
    const needed = Math.min(this.position, this.start + this.maxRecordSize) + 1
    this.leave(this.firstLineEnd, this.secondLine, this.firstLines, Math.max(0, needed - this.secondLine), false)
  }

  /** Continues at `next`; what ends at `end` becomes a frame. */
  private leave(
    end: number | undefined,
    next: number,
    lines: number,
    lookahead: number,
    endsStray: boolean,
    row: Frame["row"] = "whole",
  ): void {
    const nextOffset = this.offset + this.dropped + next - this.start
    const nextLine = this.line + lines
    if (end !== undefined) {
      this.frames.push(this.frame(end, nextOffset, nextLine, lookahead, endsStray, row))
      this.framed += end - this.start
    }
    this.followsStray = endsStray
    this.offset = nextOffset
    this.line = nextLine
    this.start = this.position = next
    this.state = RECORD_START
    this.fields = 1
    this.lastFilled = 0
    this.lineEnds = 0
    this.firstLineEnd = this.secondLine = -1
    this.isQuoted = false
    this.isComment = false
    this.problem = undefined
    this.dropped = 0
  }
}
