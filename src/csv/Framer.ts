// Cuts the bytes of a CSV file into records, so that damage in one costs no other.

import { formatNumber, plural } from "../text/format.ts"
import type { Frame } from "./frame.ts"

export interface FramerOptions {
  /** One ASCII character. */
  readonly delimiter: string
  /** The most bytes of a record. */
  readonly maxRecordSize: number
  /** Where in the file the first pushed byte is, and on which physical line. */
  readonly offset: number
  readonly line: number
  /** Fields of a record; undefined: the first record is the header, and sets it. */
  readonly fieldCount: number | undefined
}

const quote = 0x22
const lineFeed = 0x0a
const carriageReturn = 0x0d

const FIELD_START = 0
const UNQUOTED = 1
const QUOTED = 2
/** After a quote inside a quoted field: an escape, or the end of the field. */
const QUOTE_SEEN = 3
/** The record is malformed, and the rest of its first line is skipped. */
const SKIPPING = 4

const byteOrderMark = [0xef, 0xbb, 0xbf]

/** The most bytes of a batch. One damaged record can release as many frames as `maxRecordSize` holds. */
const batchSize = 256 * 1024

/** The most frames of a batch: short records become objects that take far more memory than their bytes. */
const framesOfBatch = 1_024

/**
 * Pure: bytes in, batches of frames out, on demand. A batch is never empty; take all of them before pushing more bytes.
 *
 * A quote opens only at the start of a field, and is malformed inside an unquoted one; LF, CRLF and CR end lines; a
 * blank line is a line end. Of a malformed record only the first physical line is rejected, and framing starts again at
 * the next line: damage never reaches a neighbour, unless it happens to form a legal record.
 */
export class Framer {
  private readonly delimiter: number
  private readonly maxRecordSize: number
  private fieldCount: number | undefined

  private bytes: Uint8Array = new Uint8Array(0)
  /** Whether `bytes` is the beginning of a buffer of our own, which may have room after it. */
  private isOwn = false
  /** Of the current record; positions are indexes of `bytes`. */
  private start = 0
  private position = 0
  private offset: number
  private line: number
  private state = FIELD_START
  private fields = 1
  private lineEnds = 0
  /** Where the record's first line ends and its second begins; -1 while it has one line. */
  private firstLineEnd = -1
  private secondLine = -1
  private isQuoted = false
  private problem: string | undefined
  /** Bytes of an overlong line that are no longer in memory. */
  private dropped = 0

  private frames: Array<Frame> = []
  /** Bytes of these frames. */
  private framed = 0
  /** True until it is known whether the file begins with a byte order mark. */
  private isBeginning: boolean

  constructor(options: FramerOptions) {
    this.delimiter = options.delimiter.charCodeAt(0)
    this.maxRecordSize = options.maxRecordSize
    this.fieldCount = options.fieldCount
    this.offset = options.offset
    this.line = options.line
    this.isBeginning = options.offset === 0
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
      else this.endRecord(this.bytes.length, this.bytes.length)
      yield* this.batches(true)
    }
  }

  /** Before the first frame: what is in the header's place, once it is longer than a record may be. */
  get overlongHeader(): Frame | undefined {
    if (this.state !== SKIPPING) return undefined
    const frame = this.frame(this.position, this.offset, this.line, 0)
    return frame.length > this.maxRecordSize ? frame : undefined
  }

  private frame(end: number, nextOffset: number, nextLine: number, lookahead: number): Frame {
    const { bytes, start, offset, line, isQuoted, problem } = this
    const length = end - start + this.dropped
    const kept = Math.min(end, start + this.maxRecordSize)
    return { bytes, start, end: kept, offset, line, length, nextOffset, nextLine, lookahead, isQuoted, problem }
  }

  private *batches(isEnd: boolean): Generator<ReadonlyArray<Frame>> {
    for (;;) {
      this.scan(isEnd)
      if (this.frames.length === 0) return
      yield this.frames
      this.frames = []
      this.framed = 0
    }
  }

  private append(chunk: Uint8Array): void {
    if (this.state === SKIPPING) this.dropSkipped()
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

  /** Of a rejected line only the beginning is kept; the next bytes take the place of the rest. */
  private dropSkipped(): void {
    // Unless a CR at the end may still be followed by its LF.
    if (this.position < this.bytes.length) return
    const end = Math.min(this.position, this.start + this.maxRecordSize)
    this.dropped += this.position - end
    this.bytes = this.bytes.subarray(0, end)
    this.position = end
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

  /** False while more bytes are needed to decide. */
  private skipByteOrderMark(isEnd: boolean): boolean {
    if (!this.isBeginning) return true
    const length = byteOrderMark.length
    if (this.bytes.length < length && !isEnd) return false
    this.isBeginning = false
    if (byteOrderMark.every((byte, index) => this.bytes[index] === byte))
      this.offset = this.start = this.position = length
    return true
  }

  private scan(isEnd: boolean): void {
    if (!this.skipByteOrderMark(isEnd)) return
    const { delimiter } = this
    while (this.position < this.bytes.length && this.framed < batchSize && this.frames.length < framesOfBatch) {
      const byte = this.bytes[this.position]!
      if (byte === lineFeed || byte === carriageReturn) {
        // Whether an LF follows decides where the next line begins.
        if (byte === carriageReturn && this.position + 1 === this.bytes.length && !isEnd) return
        const isPair = byte === carriageReturn && this.bytes[this.position + 1] === lineFeed
        this.endLine(this.position + (isPair ? 2 : 1))
      } else if (this.state === SKIPPING) this.skipToLineEnd()
      else if (byte === quote) this.takeQuote()
      else if (byte === delimiter && this.state !== QUOTED) {
        this.fields++
        this.state = FIELD_START
        this.position++
      } else if (this.state === QUOTE_SEEN) this.giveUp("text after a closing quote")
      else if (this.state === QUOTED) this.takeQuotedText()
      else this.takeText()
      if (this.position - this.start > this.maxRecordSize && this.state !== SKIPPING) {
        this.giveUp(`longer than ${this.maxRecordSize} bytes (the maximum record size)`)
      }
    }
  }

  private takeQuote(): void {
    if (this.state === UNQUOTED) return this.giveUp("a quote inside an unquoted field")
    this.state = this.state === QUOTED ? QUOTE_SEEN : QUOTED
    this.isQuoted = true
    this.position++
  }

  private takeText(): void {
    const { bytes, delimiter } = this
    let position = this.position
    for (; position < bytes.length; position++) {
      const byte = bytes[position]
      if (byte === delimiter || byte === quote || byte === lineFeed || byte === carriageReturn) break
    }
    this.state = UNQUOTED
    this.position = position
  }

  private takeQuotedText(): void {
    const { bytes } = this
    let position = this.position
    for (; position < bytes.length; position++) {
      const byte = bytes[position]
      if (byte === quote || byte === lineFeed || byte === carriageReturn) break
    }
    this.position = position
  }

  private skipToLineEnd(): void {
    const { bytes } = this
    let position = this.position
    for (; position < bytes.length; position++) {
      const byte = bytes[position]
      if (byte === lineFeed || byte === carriageReturn) break
    }
    this.position = position
  }

  private endLine(next: number): void {
    if (this.state !== QUOTED) return this.endRecord(this.position, next)
    if (this.firstLineEnd === -1) {
      this.firstLineEnd = this.position
      this.secondLine = next
    }
    this.lineEnds++
    this.position = next
  }

  private endRecord(end: number, next: number): void {
    const isBlank = end === this.start && this.dropped === 0
    if (!isBlank && this.state !== SKIPPING) {
      this.fieldCount ??= this.fields
      if (this.fields !== this.fieldCount) {
        this.problem = `${plural(this.fields, "field")} where the header has ${formatNumber(this.fieldCount)}`
        if (this.firstLineEnd !== -1) return this.giveUp(this.problem)
      }
    }
    this.leave(isBlank ? undefined : end, next, this.lineEnds + 1)
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
    this.leave(this.firstLineEnd, this.secondLine, 1, Math.max(0, needed - this.secondLine))
  }

  /** Continues at `next`; what ends at `end` becomes a frame. */
  private leave(end: number | undefined, next: number, lines: number, lookahead = 0): void {
    const nextOffset = this.offset + this.dropped + next - this.start
    const nextLine = this.line + lines
    if (end !== undefined) {
      this.frames.push(this.frame(end, nextOffset, nextLine, lookahead))
      this.framed += end - this.start
    }
    this.offset = nextOffset
    this.line = nextLine
    this.start = this.position = next
    this.state = FIELD_START
    this.fields = 1
    this.lineEnds = 0
    this.firstLineEnd = this.secondLine = -1
    this.isQuoted = false
    this.problem = undefined
    this.dropped = 0
  }
}
