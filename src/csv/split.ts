// Splits a large file into parts that can be loaded independently.

import { Effect, Stream } from "effect"
import type { Position } from "../domain/Chunk.ts"
import type { Format } from "../domain/Format.ts"
import type { Frame } from "./frame.ts"
import { findFormat } from "./findFormat.ts"
import { framerAfter, type Header, type HeaderOptions } from "./header.ts"
import type { HeaderError } from "./HeaderError.ts"
import type { RecordFramer } from "./RecordFramer.ts"
import { makeFindOtherHeader, otherHeaderError } from "./repeatedHeader.ts"
import { makeSample } from "./Sample.ts"

/** The parts must be read with the same `maxRecordSize`. */
export interface SplitOptions extends HeaderOptions {
  /** The least bytes of a part, except the last: it ends at the first possible place after them. */
  readonly splitSize: number
}

/** Consecutive records of a file, to be read on their own: what `resume` of `frame` takes, beside the header. */
interface FilePart {
  readonly start: Position
  /** The byte before which it ends: where the next part starts, or how many bytes the file has. */
  readonly end: number
}

/** The parts of a file, in its order. */
export interface Splitting extends Pick<Header, "alike" | "notLoaded"> {
  /** The bytes of the file's header, without its line end. */
  readonly header: Uint8Array
  readonly format: Format
  /** At least one; each has records, unless the file has none. */
  readonly parts: ReadonlyArray<FilePart>
}

/** Finds the cuts: places where reading can start, and where it can stop without changing a reject's reason. */
class Cutter {
  private readonly parts: Array<FilePart> = []
  private readonly splitSize: number
  private start: Position
  /** The start of the next part, if more records come. */
  private next: Position | undefined
  /** Before this byte a cut would change why a record is rejected. */
  private earliestCut = 0

  constructor(start: Position, splitSize: number) {
    this.start = start
    this.splitSize = splitSize
  }

  add(frames: ReadonlyArray<Frame>): void {
    for (const { nextOffset, nextLine, lookahead } of frames) {
      if (this.next !== undefined) this.cut(this.next)
      if (lookahead > 0) this.earliestCut = Math.max(this.earliestCut, nextOffset + lookahead)
      if (nextOffset - this.start.byteOffset >= this.splitSize && nextOffset >= this.earliestCut)
        this.next = { byteOffset: nextOffset, line: nextLine }
    }
  }

  end(size: number): ReadonlyArray<FilePart> {
    const isSmall = size - this.start.byteOffset < this.splitSize / 2
    const before = isSmall ? this.parts.pop() : undefined
    return [...this.parts, { start: before?.start ?? this.start, end: size }]
  }

  private cut(next: Position): void {
    this.parts.push({ start: this.start, end: next.byteOffset })
    this.start = next
    this.next = undefined
  }
}

/**
 * Finds where a file can be cut into parts, in one pass over its bytes that decodes nothing but the header. Read apart
 * (`frame`, with `resume`), the parts give the records and rejects of the whole. Fails as `frame` does when the file
 * has no header, or one that does not fit the mapping.
 */
export const split =
  (options: SplitOptions) =>
  <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Effect.Effect<Splitting, E | HeaderError, R> =>
    Effect.gen(function* () {
      const { maxRecordSize, splitSize } = options
      const sample = yield* makeSample(maxRecordSize)
      let size = 0
      let found:
        | {
            readonly header: Header
            readonly framer: RecordFramer
            readonly cutter: Cutter
            readonly findOtherHeader: ReturnType<typeof makeFindOtherHeader>
          }
        | undefined

      /** Fails before any part begins: the rows after another header would be read wrongly. */
      const take = Effect.fnUntraced(function* (frames: ReadonlyArray<Frame>) {
        const other = found!.findOtherHeader(frames)
        if (other !== undefined) return yield* otherHeaderError(other, found!.header.format.header !== null)
        found!.cutter.add(frames)
      })
      const takeAll = Effect.fnUntraced(function* (batches: Iterable<ReadonlyArray<Frame>>) {
        for (const frames of batches) yield* take(frames)
      })

      const look = Effect.fnUntraced(function* (isWhole: boolean) {
        const header = yield* Effect.fromResult(findFormat({ bytes: sample.bytes, isWhole }, options))
        const framer = framerAfter(header, header.end, maxRecordSize)
        found = {
          header,
          framer,
          cutter: new Cutter(header.end, splitSize),
          findOtherHeader: makeFindOtherHeader(header),
        }
        for (const chunk of sample.from(header.end.byteOffset)) yield* takeAll(framer.push(chunk))
      })

      yield* Stream.runForEach(
        bytes,
        Effect.fnUntraced(function* (chunk) {
          size += chunk.length
          if (found === undefined) return sample.add(chunk) ? undefined : yield* look(false)
          yield* takeAll(found.framer.push(chunk))
        }),
      )
      if (found === undefined) yield* look(true)
      const { cutter, framer, header } = found!
      yield* takeAll(framer.finish())
      const { alike, bytes: own, format, notLoaded } = header
      return { header: own, format, alike, notLoaded, parts: cutter.end(size) }
    })
