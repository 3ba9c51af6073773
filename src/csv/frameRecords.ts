// The stage `frame`: bytes of a file become framed records, once its header is known to fit the mapping.

import { Effect, identity, Result, Stream } from "effect"
import { upToByte } from "../domain/byteRange.ts"
import type { Position } from "../domain/Chunk.ts"
import type { Frame } from "./frame.ts"
import { Framer } from "./Framer.ts"
import { emptyError, type Header, type HeaderOptions, readHeader } from "./header.ts"
import type { HeaderError } from "./HeaderError.ts"

export interface FrameOptions extends HeaderOptions {
  /** Bytes of a record; a longer one is rejected, and no more of it is kept. */
  readonly maxRecordSize: number
  /**
   * Where to resume, and the header from the file's beginning; undefined: read from the beginning. `end`: the byte
   * before which to stop, where `split` would cut; without it the file's end.
   */
  readonly resume:
    | { readonly position: Position; readonly header: Uint8Array; readonly end?: number | undefined }
    | undefined
}

/** Consecutive records of a file. */
export interface FramedRecords {
  readonly header: Header
  /** Where the records of the file, or of the part being read, begin: not those of this batch. */
  readonly start: Position
  readonly frames: ReadonlyArray<Frame>
}

const fileStart: Position = { byteOffset: 0, line: 1 }

const endOfBytes = Symbol("end of bytes")

const makeFramer = (options: FrameOptions, start: Position, fieldCount: number | undefined): Framer =>
  new Framer({
    delimiter: options.delimiter,
    maxRecordSize: options.maxRecordSize,
    offset: start.byteOffset,
    line: start.line,
    fieldCount,
  })

/** The header of an earlier attempt, read again from its bytes. */
const resumedHeader = (options: FrameOptions): Result.Result<Header | undefined, HeaderError> => {
  if (options.resume === undefined) return Result.succeed(undefined)
  const framer = makeFramer(options, fileStart, undefined)
  return readHeader(options, [...framer.push(options.resume.header), ...framer.finish()].flat())
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
        let header = yield* Effect.fromResult(resumedHeader(options))
        const framer = makeFramer(options, options.resume?.position ?? fileStart, header?.fieldCount)

        const framesOf = function* (chunk: Uint8Array | typeof endOfBytes) {
          yield* chunk === endOfBytes ? framer.finish() : framer.push(chunk)
          // Without a header the rest of the file is useless.
          const overlong = header === undefined ? framer.overlongHeader : undefined
          if (overlong !== undefined) yield [overlong]
        }

        const underHeader = Effect.fnUntraced(function* (frames: ReadonlyArray<Frame>) {
          const isFirst = header === undefined
          header ??= yield* Effect.fromResult(readHeader(options, frames))
          const start = options.resume?.position ?? header.end
          return { header, start, frames: isFirst ? frames.slice(1) : frames } satisfies FramedRecords
        })

        return bytes.pipe(
          upToEnd(options),
          Stream.concat(Stream.succeed(endOfBytes)),
          // One batch at a time: the next one is framed when this one is decoded.
          Stream.flatMap((chunk) => Stream.fromIterable(framesOf(chunk), { chunkSize: 1 })),
          Stream.mapEffect(underHeader),
          Stream.concat(Stream.suspend(() => (header === undefined ? Stream.fail(emptyError()) : Stream.empty))),
        )
      }),
    )
