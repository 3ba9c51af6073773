// A frame: where a record is in the bytes of its file.

/** A record's bytes, or a line of the file that belongs to no record. */
export interface Frame {
  /**
   * Bytes of the file in memory, and where among them the frame's own begin and end: without the line end; the first
   * `maxRecordSize` where there are more. See `rawOf`.
   */
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
  /**
   * How many bytes after `nextOffset` decided that the frame is no record, as its quote was still open there: a file
   * that ended before them would give another reason. The end of the file counts as a byte.
   */
  readonly lookahead: number
  /** How many plain rows of the batch come before it. */
  readonly plainBefore: number
  /** Whether there are quotes or escapes in it: without them only delimiters and line ends mean anything. */
  readonly isQuoted: boolean
  /**
   * `short`: it lacks fields at its end, which may be missing. `blank`: a row without text, or a comment, which is no
   * record; only a `Framer` has them, where pieces of a line may be around.
   */
  readonly row: "whole" | "short" | "blank"
  /** Whether the lines before it, and its own, end otherwise than the lines of the file do. */
  readonly followsStray: boolean
  readonly endsStray: boolean
  /** Why it is no record; undefined for a well-formed one. */
  readonly problem: string | undefined
}

/**
 * The frame's bytes. A view, made on demand: few are needed, and one a record costs the collector more than all the
 * rest.
 */
export const rawOf = ({ bytes, start, end }: Frame): Uint8Array => bytes.subarray(start, end)

/** The bytes from the first frame to the end of the last: the frames of a batch are neighbours in memory. */
export const span = (frames: ReadonlyArray<Frame>): Uint8Array =>
  frames[0]!.bytes.subarray(frames[0]!.start, frames.at(-1)!.end)
