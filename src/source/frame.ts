/** What the framing knows of a frame. */
export interface FrameOptions {
  /** Bytes of the file in memory, and where among them the frame's own begin and end. */
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  /** Where the frame begins in the file. */
  readonly offset: number
  /** The physical line on which it begins, counted from 1. */
  readonly line: number
  /** How many bytes it has in the file, without the line end. */
  readonly length: number
  /** Where the line after it begins in the file. */
  readonly nextOffset: number
  readonly nextLine: number
  /** Whether there are quotes in it: without them only delimiters and line ends mean anything. */
  readonly isQuoted: boolean
  /** Why it is no record; undefined for a well-formed one. */
  readonly problem: string | undefined
}

/** A record's bytes, or a line of the file that belongs to no record. */
export class Frame implements FrameOptions {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  readonly offset: number
  readonly line: number
  readonly length: number
  readonly nextOffset: number
  readonly nextLine: number
  readonly isQuoted: boolean
  readonly problem: string | undefined

  constructor(options: FrameOptions) {
    this.bytes = options.bytes
    this.start = options.start
    this.end = options.end
    this.offset = options.offset
    this.line = options.line
    this.length = options.length
    this.nextOffset = options.nextOffset
    this.nextLine = options.nextLine
    this.isQuoted = options.isQuoted
    this.problem = options.problem
  }

  /**
   * Without the line end; the first `maxRecordSize` bytes where there are more. A view, made when somebody asks: few
   * do, and a view a record costs the collector more than all the rest of a frame.
   */
  get raw(): Uint8Array {
    return this.bytes.subarray(this.start, this.end)
  }
}

/** The bytes from the first frame on to the last one's end: the frames of a batch are neighbours in memory. */
export const span = (frames: ReadonlyArray<Frame>): Uint8Array =>
  frames[0]!.bytes.subarray(frames[0]!.start, frames.at(-1)!.end)
