/** A record's bytes, or a line of the file that belongs to no record. */
export interface Frame {
  /** Without the line end; the first `maxRecordSize` bytes where there are more. A view: see `span`. */
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
  /** Whether there are quotes in it: without them only delimiters and line ends mean anything. */
  readonly isQuoted: boolean
  /** Why it is no record; undefined for a well-formed one. */
  readonly problem: string | undefined
}

/** The bytes from the first frame on to the last one's end: the frames of a batch are neighbours in memory. */
export const span = (frames: ReadonlyArray<Frame>): Uint8Array => {
  const first = frames[0]!.raw
  const last = frames.at(-1)!.raw
  return new Uint8Array(first.buffer, first.byteOffset, last.byteOffset + last.length - first.byteOffset)
}
