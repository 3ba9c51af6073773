// Frames records, and joins what unusual line ends have cut: a record of one reject instead of pieces that look whole.

import type { Frame } from "./frame.ts"
import { Framer, type FramerOptions } from "./Framer.ts"
import type { PlainWalk } from "./plain/PlainWalk.ts"
import { textOf } from "./Text.ts"

/** The most pieces of a line. More than a person writes into a field: another program wrote them. */
const mostPieces = 100

/** Whether the piece may stand alone. */
const isSound = ({ problem, row }: Frame): boolean => problem === undefined && row !== "short"

const isRow = ({ row }: Frame): boolean => row !== "blank"

/** The bytes of the pieces and of the line ends between them. */
const joinBytes = (pieces: ReadonlyArray<Frame>, length: number, byteOrderMark: Uint8Array): Uint8Array => {
  const joined = new Uint8Array(length)
  let end = 0
  for (const { bytes, nextOffset, offset, start } of pieces) {
    const at = offset - pieces[0]!.offset
    // Nothing else is between pieces.
    if (at > end) joined.set(byteOrderMark, end)
    end = at + nextOffset - offset
    joined.set(bytes.subarray(start, start + Math.min(end, length) - at), at)
  }
  return joined
}

/**
 * A `Framer` that knows what the file's lines end with. Pieces of a line that another line end has cut are records where
 * each has the header's fields: then two programs wrote the file. Otherwise they are one malformed record, unless they
 * are longer than a record may be, or more than 100: then each is judged alone. What becomes of a piece depends on what
 * follows it only, so that reading can start at any of them.
 */
export class RecordFramer {
  private readonly framer: Framer
  private readonly plain: PlainWalk | undefined
  private readonly maxRecordSize: number
  private readonly lineEnd: string | null
  private readonly byteOrderMark: Uint8Array
  /** Pieces of one line, and blank rows between them. */
  private pieces: Array<Frame> = []
  /** How many of them may not stand alone. */
  private unsound = 0

  constructor(options: FramerOptions) {
    this.framer = new Framer(options)
    this.plain = options.plain
    this.maxRecordSize = options.maxRecordSize
    this.lineEnd = options.format.lineEnd
    this.byteOrderMark = textOf(options.format.encoding).byteOrderMark
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
    if (this.pieces.length === 0 && !frames.some(({ endsStray, row }) => endsStray || row === "blank"))
      return yield frames
    const joined = frames.flatMap((frame) => this.take(frame))
    // No plain row comes while there are pieces: none is before them in the next batch.
    if (this.plain !== undefined) this.pieces = this.pieces.map((piece) => ({ ...piece, plainBefore: 0 }))
    if (joined.length > 0 || (this.plain !== undefined && this.plain.count > 0)) yield joined
  }

  private take(frame: Frame): ReadonlyArray<Frame> {
    const before = frame.followsStray ? [] : this.endLine()
    if (this.pieces.length === 0 && frame.row === "blank") return before
    this.pieces.push(frame)
    if (!isSound(frame)) this.unsound++
    const alone = this.tooMany(frame.nextOffset)
    return [...before, ...alone, ...(frame.endsStray ? [] : this.endLine())]
  }

  /** The pieces that a record cannot hold together with what follows them. */
  private tooMany(end: number): ReadonlyArray<Frame> {
    const { pieces } = this
    const isTooMany = (first: Frame | undefined): first is Frame =>
      first !== undefined && (end - first.offset > this.maxRecordSize || pieces.length > mostPieces || !isRow(first))
    const alone: Array<Frame> = []
    for (let [first] = pieces; isTooMany(first); [first] = pieces) {
      pieces.shift()
      // Of this piece, and of those that follow it.
      const isWhole = this.unsound === 0
      if (!isSound(first)) this.unsound--
      if (isRow(first))
        alone.push(isWhole ? first : { ...first, lookahead: Math.max(first.lookahead, end - first.nextOffset) })
    }
    return alone
  }

  private endLine(): ReadonlyArray<Frame> {
    const { pieces } = this
    this.pieces = []
    this.unsound = 0
    const rows = pieces.filter(isRow)
    if (rows.length < 2 || rows.every(isSound)) return rows
    return [this.join(pieces.slice(pieces.indexOf(rows[0]!), pieces.indexOf(rows.at(-1)!) + 1))]
  }

  private join(pieces: ReadonlyArray<Frame>): Frame {
    const first = pieces[0]!
    const last = pieces.at(-1)!
    const length = last.offset + last.length - first.offset
    const decidedAt = Math.max(...pieces.map(({ lookahead, nextOffset }) => nextOffset + lookahead))
    return {
      ...last,
      bytes: joinBytes(pieces, length, this.byteOrderMark),
      start: 0,
      end: length,
      offset: first.offset,
      line: first.line,
      length,
      lookahead: decidedAt - last.nextOffset,
      followsStray: first.followsStray,
      problem: `an unquoted field has a line end, and lines end with ${this.lineEnd}`,
    }
  }
}
