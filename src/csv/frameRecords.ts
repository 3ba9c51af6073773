// The stage `frame`: bytes of a file become framed records, once its header is known to fit the mapping.

import { Effect, identity, Result, Stream } from "effect"
import { upToByte } from "../domain/byteRange.ts"
import type { Position } from "../domain/Chunk.ts"
import { type Format, plainFormat } from "../domain/Format.ts"
import type { Frame } from "./frame.ts"
import { Framer } from "./Framer.ts"
import { framerAfter, type Header, readHeader } from "./header.ts"
import type { HeaderError } from "./HeaderError.ts"
import { HeaderSearch, type SearchOptions } from "./HeaderSearch.ts"

export interface FrameOptions extends SearchOptions {
  /**
   * Where to resume, with the header from the file's beginning and the format that was found; undefined: read from the
   * beginning. `format` is undefined where an earlier version read it: as a plain file, by the `delimiter` given. `end`:
   * the byte before which to stop, where `split` would cut; without it the file's end.
   */
  readonly resume:
    | {
        readonly position: Position
        readonly header: Uint8Array
        readonly format?: Format | undefined
        readonly end?: number | undefined
      }
    | undefined
}

/** Consecutive records of a file. */
export interface FramedRecords {
  readonly header: Header
  /** Where the records of the file, or of the part being read, begin: not those of this batch. */
  readonly start: Position
  readonly frames: ReadonlyArray<Frame>
}

const endOfBytes = Symbol("end of bytes")
const nothing = new Uint8Array(0)

/** The header of an earlier attempt, read again from its bytes. */
const resumedHeader = (options: FrameOptions): Result.Result<Header | undefined, HeaderError> => {
  const { delimiter, maxRecordSize, resume } = options
  if (resume === undefined) return Result.succeed(undefined)
  const format = resume.format ?? { ...plainFormat, delimiter: delimiter ?? plainFormat.delimiter }
  const framer = new Framer({ delimiter: format.delimiter, maxRecordSize, offset: 0, line: 1, fieldCount: undefined })
  const frames = [...framer.push(resume.header), ...framer.finish()].flat()
  return Result.map(readHeader(options, format.delimiter, frames), (header) => ({ ...header, format }))
}

/** The bytes up to the end of the part, where there is one. */
const upToEnd = ({ resume }: FrameOptions) =>
  resume?.end === undefined ? identity : upToByte(resume.end - resume.position.byteOffset)

/**
 * Cuts the bytes of a file, from its beginning or from `resume` on, into records. Fails when the file has no header, or
 * one that does not fit the mapping; a record never fails the file.
 */
export const frame =
  (options: FrameOptions) =>
  <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<FramedRecords, E | HeaderError, R> =>
    Stream.unwrap(
      Effect.gen(function* () {
        const { maxRecordSize, resume } = options
        let search: HeaderSearch | undefined = new HeaderSearch(options)
        let header = yield* Effect.fromResult(resumedHeader(options))
        let framer = header && resume && framerAfter(header, resume.position, maxRecordSize)

        /** The header, once it is known, comes with its first records, or with an empty batch. */
        const framesOf = function* (chunk: Uint8Array | typeof endOfBytes): Generator<ReadonlyArray<Frame>> {
          if (framer !== undefined) return yield* chunk === endOfBytes ? framer.finish() : framer.push(chunk)
          if (header === undefined) return
          framer = framerAfter(header, header.end, maxRecordSize)
          let isAlone = true
          const rest = search!.after(header)
          // Its bytes may be many.
          search = undefined
          for (const frames of framer.push(rest)) {
            isAlone = false
            yield frames
          }
          if (isAlone) yield []
          if (chunk === endOfBytes) yield* framer.finish()
        }

        const batchesOf = Effect.fnUntraced(function* (chunk: Uint8Array | typeof endOfBytes) {
          if (header === undefined) {
            const isEnd = chunk === endOfBytes
            const found = search!.take(isEnd ? nothing : chunk, isEnd)
            if (found !== undefined) header = yield* Effect.fromResult(found)
          }
          return framesOf(chunk)
        })

        return bytes.pipe(
          upToEnd(options),
          Stream.concat(Stream.succeed(endOfBytes)),
          Stream.mapEffect(batchesOf),
          // One batch at a time: the next one is framed when this one is decoded.
          Stream.flatMap((batches) => Stream.fromIterable(batches, { chunkSize: 1 })),
          Stream.map((frames): FramedRecords => ({ header: header!, start: resume?.position ?? header!.end, frames })),
        )
      }),
    )
