/** A record's bytes, or a line of the file that belongs to no record. */
export interface Frame {
  /** Without the line end; the first `maxRecordSize` bytes where there are more. A view: frames of one push share memory. */
  readonly raw: Uint8Array
  /** Where the frame begins in the file. */
  readonly offset: number
  /** The physical line on which it begins, counted from 1. */
  readonly line: number
  /** How many bytes it has in the file, without the line end. */
  readonly length: number
  /** Where the line after it begins in the file. */
  readonly nextOffset: number
  readonly nextLine: number
  /** Why it is no record; undefined for a well-formed one. */
  readonly problem: string | undefined
}

export interface FramerOptions {
  /** One ASCII character. */
  readonly delimiter: string
  /** The most bytes of a record. */
  readonly maxRecordSize: number
  /** Where in the file the first byte stands that will be pushed, and on which physical line. */
  readonly offset: number
  readonly line: number
  /** Fields of a record; undefined when the first record is the header, which tells. */
  readonly fieldCount: number | undefined
}

const quote = 0x22
const lineFeed = 0x0a
const carriageReturn = 0x0d

const FIELD_START = 0
const UNQUOTED = 1
const QUOTED = 2
/** After a quote inside a quoted field: the first of two, or the field's last. */
const QUOTE_SEEN = 3
/** The record is malformed, and what is left of its first line is given up. */
const SKIPPING = 4

const byteOrderMark = [0xef, 0xbb, 0xbf]

/**
 * Cuts the bytes of a CSV file into records, without looking into their fields. Pure: bytes in, frames out.
 *
 * A quote opens only at the start of a field, and is malformed inside an unquoted one; LF, CRLF and CR end lines; a
 * blank line is a line end. Of a malformed record only the first physical line is given up, and framing starts again at
 * the next line: damage never reaches a neighbour, unless it happens to form a legal record.
 */
export class Framer {
  private readonly delimiter: number
  private readonly maxRecordSize: number
  private fieldCount: number | undefined

  private bytes: Uint8Array = new Uint8Array(0)
  /** The current record; positions are indexes of `bytes`. */
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
  private problem: string | undefined
  /** Bytes of an endless line that were let go. */
  private dropped = 0

  private frames: Array<Frame> = []
  /** Until it is known whether the file begins with a byte order mark. */
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
  push(chunk: Uint8Array): ReadonlyArray<Frame> {
    this.append(chunk)
    this.scan(false)
    return this.takeFrames()
  }

  /** The file ended. */
  finish(): ReadonlyArray<Frame> {
    this.scan(true)
    while (this.start < this.bytes.length || this.dropped > 0) {
      if (this.state === QUOTED) this.giveUp("a quote is still open at the end of the file")
      else this.endRecord(this.bytes.length, this.bytes.length)
      this.scan(true)
    }
    return this.takeFrames()
  }

  private takeFrames(): ReadonlyArray<Frame> {
    const frames = this.frames
    this.frames = []
    return frames
  }

  private append(chunk: Uint8Array): void {
    let kept = this.bytes.subarray(this.start)
    if (this.state === SKIPPING && kept.length > this.maxRecordSize) {
      this.dropped += kept.length - this.maxRecordSize
      kept = kept.subarray(0, this.maxRecordSize)
    }
    if (this.firstLineEnd !== -1) {
      this.firstLineEnd -= this.start
      this.secondLine -= this.start
    }
    this.position = Math.min(this.position - this.start, kept.length)
    this.start = 0
    if (kept.length === 0) this.bytes = chunk
    else {
      this.bytes = new Uint8Array(kept.length + chunk.length)
      this.bytes.set(kept)
      this.bytes.set(chunk, kept.length)
    }
  }

  /** False while more bytes are needed to tell. */
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
    while (this.position < this.bytes.length) {
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
        this.giveUp(`longer than ${this.maxRecordSize} bytes`)
      }
    }
  }

  private takeQuote(): void {
    if (this.state === UNQUOTED) return this.giveUp("a quote inside an unquoted field")
    this.state = this.state === QUOTED ? QUOTE_SEEN : QUOTED
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
        this.problem = `${this.fields} fields where the header has ${this.fieldCount}`
        if (this.firstLineEnd !== -1) return this.giveUp(this.problem)
      }
    }
    this.leave(isBlank ? undefined : end, next, this.lineEnds + 1)
  }

  /** The record is malformed: its first line is rejected, at once or when its end has come. */
  private giveUp(problem: string): void {
    this.problem = problem
    if (this.firstLineEnd !== -1) this.leave(this.firstLineEnd, this.secondLine, 1)
    else this.state = SKIPPING
  }

  /** Goes on at `next`; what ends at `end` becomes a frame. */
  private leave(end: number | undefined, next: number, lines: number): void {
    const nextOffset = this.offset + this.dropped + next - this.start
    const nextLine = this.line + lines
    if (end !== undefined) {
      this.frames.push({
        raw: this.bytes.subarray(this.start, Math.min(end, this.start + this.maxRecordSize)),
        offset: this.offset,
        line: this.line,
        length: end - this.start + this.dropped,
        nextOffset,
        nextLine,
        problem: this.problem,
      })
    }
    this.offset = nextOffset
    this.line = nextLine
    this.start = this.position = next
    this.state = FIELD_START
    this.fields = 1
    this.lineEnds = 0
    this.firstLineEnd = this.secondLine = -1
    this.problem = undefined
    this.dropped = 0
  }
}
