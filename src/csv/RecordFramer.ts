// Frames records, and joins what unusual line ends have cut: a record of one reject instead of pieces that look whole.

import type { Frame } from "./frame.ts"
import { Framer, type FramerOptions } from "./Framer.ts"

const isRecord = ({ isShort, problem }: Frame): boolean => problem === undefined && !isShort

/** The bytes of the pieces and of the line ends between them. */
const joinBytes = (pieces: ReadonlyArray<Frame>, length: number): Uint8Array => {
  const [first] = pieces
  // Between pieces may be empty lines, which are no pieces.
  const joined = new Uint8Array(length).fill(0x0a)
  for (const { bytes, nextOffset, offset, start } of pieces) {
    const piece = bytes.subarray(start, start + nextOffset - offset)
    joined.set(piece.subarray(0, length - (offset - first!.offset)), offset - first!.offset)
  }
  return joined
}

const join = (pieces: ReadonlyArray<Frame>, lineEnd: string | null): Frame => {
  const first = pieces[0]!
  const last = pieces.at(-1)!
  const length = last.offset + last.length - first.offset
  const decidedAt = Math.max(...pieces.map(({ lookahead, nextOffset }) => nextOffset + lookahead))
  return {
    ...last,
    bytes: joinBytes(pieces, length),
    start: 0,
    end: length,
    offset: first.offset,
    line: first.line,
    length,
    lookahead: decidedAt - last.nextOffset,
    followsStray: first.followsStray,
    problem: `an unquoted field has a line end, and lines end with ${lineEnd}`,
  }
}

/**
 * A `Framer` that knows what the file's lines end with. Pieces of a line that another line end has cut are records where
 * each has the header's fields: then two programs wrote the file. Otherwise they are one malformed record, unless they
 * are longer than a record may be: then each is judged alone. What becomes of a piece depends on what follows it only,
 * so that reading can start at any of them.
 */
export class RecordFramer {
  private readonly framer: Framer
  private readonly maxRecordSize: number
  private readonly lineEnd: string | null
  /** Pieces of one line. */
  private pieces: Array<Frame> = []

  constructor(options: FramerOptions) {
    this.framer = new Framer(options)
    this.maxRecordSize = options.maxRecordSize
    this.lineEnd = options.format.lineEnd
  }

  /** Rows without text, so far. */
  get blankRows(): number {
    return this.framer.blankRows
  }

  /** The file's next bytes. Batches are as those of `Framer`. */
  *push(chunk: Uint8Array): Generator<ReadonlyArray<Frame>> {
    for (const frames of this.framer.push(chunk)) yield* this.joined(frames)
  }

  /** The file ended. */
  *finish(): Generator<ReadonlyArray<Frame>> {
    for (const frames of this.framer.finish()) yield* this.joined(frames)
    const left = this.endLine()
    if (left.length > 0) yield left
  }

  private *joined(frames: ReadonlyArray<Frame>): Generator<ReadonlyArray<Frame>> {
    // Nearly always.
    if (this.pieces.length === 0 && !frames.some(({ endsStray }) => endsStray)) return yield frames
    const joined = frames.flatMap((frame) => this.take(frame))
    if (joined.length > 0) yield joined
  }

  private take(frame: Frame): ReadonlyArray<Frame> {
    const before = frame.followsStray ? [] : this.endLine()
    this.pieces.push(frame)
    const alone = this.tooLong(frame.nextOffset)
    return [...before, ...alone, ...(frame.endsStray ? [] : this.endLine())]
  }

  /** The pieces that a record cannot hold together with what follows them. */
  private tooLong(end: number): ReadonlyArray<Frame> {
    const { maxRecordSize, pieces } = this
    const count = pieces.findIndex(({ offset }) => end - offset <= maxRecordSize)
    const alone = pieces.splice(0, count === -1 ? pieces.length : count)
    if (alone.every(isRecord) && pieces.every(isRecord)) return alone
    return alone.map((piece) => {
      const decidedAt = piece.offset + maxRecordSize + 1
      return { ...piece, lookahead: Math.max(piece.lookahead, decidedAt - piece.nextOffset) }
    })
  }

  private endLine(): ReadonlyArray<Frame> {
    const { pieces } = this
    this.pieces = []
    return pieces.length < 2 || pieces.every(isRecord) ? pieces : [join(pieces, this.lineEnd)]
  }
}
