// The stage `frame`: bytes of a file become framed records, once its header is known to fit the mapping.

import { Effect, identity, Result, Stream } from "effect"
import { upToByte } from "../domain/byteRange.ts"
import type { Position } from "../domain/Chunk.ts"
import { earlierFormat, type Format, valuesSaidBy } from "../domain/Format.ts"
import { fitHeader } from "./fitHeader.ts"
import { Framer } from "./Framer.ts"
import { type FramedRecords, Framing } from "./Framing.ts"
import { findFormat } from "./findFormat.ts"
import { emptyError, fieldCountsOf, type Header, type HeaderOptions, misfitError, readHeader } from "./header.ts"
import type { HeaderError } from "./HeaderError.ts"
import { makePlainWalk } from "./plain/PlainWalk.ts"
import { type Beginning, makeSample } from "./Sample.ts"

export interface FrameOptions extends HeaderOptions {
  /** The file's number, which its rows have. Default: 0, outside of a run. */
  readonly fileId?: number | undefined
  /** How the file is written, where its source knows: the header comes first. Undefined: its beginning shows it. */
  readonly known?: Format | undefined
  /**
   * Where to resume, with the header from the file's beginning and the format that was found; undefined: read from the
   * beginning. `format` is undefined where an earlier version read it: as a plain file, by the delimiter given. `end`:
   * the byte before which to stop, where `split` would cut; without it the file's end.
   */
  readonly resume:
    | {
        readonly position: Position
        readonly header: Uint8Array
        readonly format: Format | undefined
        readonly end?: number | undefined
      }
    | undefined
}

const endOfBytes = Symbol("end of bytes")
/** The header comes with a batch of no records, before they are read. */
const headerFound = Symbol("header found")
type Input = Uint8Array | typeof headerFound | typeof endOfBytes

/** The header of an earlier attempt, read again from its bytes. */
const resumedHeader = (options: FrameOptions): Result.Result<Header | undefined, HeaderError> => {
  const { mapping, maxRecordSize, resume } = options
  if (resume === undefined) return Result.succeed(undefined)
  const format = resume.format ?? earlierFormat(options.format.delimiter)
  const { header: names } = format
  if (names !== null) {
    return fitHeader(mapping, names, format.delimiter).pipe(
      Result.mapBoth({
        onFailure: (misfit) => misfitError(misfit, names, false),
        onSuccess: (fitted): Header => {
          const end = { byteOffset: 0, line: format.headerLine }
          return { format, bytes: resume.header, end, fields: fieldCountsOf(names), mapping, ...fitted }
        },
      }),
    )
  }
  const framer = new Framer({ format, maxRecordSize, offset: 0, line: 1, fields: undefined })
  return readHeader(options, format, [...framer.push(resume.header), ...framer.finish()].flat())
}

/** The header of a file whose format is known; undefined: more bytes are needed. */
const knownHeader = (
  { bytes, isWhole }: Beginning,
  format: Format,
  options: HeaderOptions,
): Result.Result<Header, HeaderError> | undefined => {
  const { maxRecordSize } = options
  const framer = new Framer({ format, maxRecordSize, offset: 0, line: 1, fields: undefined })
  const frames = [...framer.push(bytes), ...(isWhole ? framer.finish() : [])].flat()
  if (frames.length > 0) return readHeader(options, format, frames)
  if (isWhole) return Result.fail(emptyError())
  return framer.overlongHeader && readHeader(options, format, [framer.overlongHeader])
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
        const { fileId = 0, maxRecordSize, resume, widths } = options
        const known = options.known && { ...options.known, ...valuesSaidBy(options.format), ...(widths && { widths }) }
        const sample = yield* makeSample(maxRecordSize)
        const begin = (header: Header, start: Position) =>
          new Framing({ fileId, header, plain: makePlainWalk(header, maxRecordSize), start, maxRecordSize })
        const resumed = yield* Effect.fromResult(resumedHeader(options))
        let framing = resumed && resume && begin(resumed, resume.position)

        const batchesOf = function* (input: Input): Generator<FramedRecords> {
          if (input === headerFound) yield framing!.first
          else if (input === endOfBytes) yield* framing!.finish()
          else yield* framing!.push(input)
        }

        /** The bytes to frame: none until the header is known, then also those that were read to find it. */
        const takeBytes = Effect.fnUntraced(function* (
          chunk: Uint8Array | typeof endOfBytes,
        ): Effect.fn.Return<ReadonlyArray<Input>, HeaderError> {
          if (framing !== undefined) return [chunk]
          const isWhole = chunk === endOfBytes
          const isEnough = isWhole || !sample.add(chunk)
          if (known === undefined && !isEnough) return []
          const beginning = { bytes: sample.bytes, isWhole }
          const found = known === undefined ? findFormat(beginning, options) : knownHeader(beginning, known, options)
          if (found === undefined) return []
          const header = yield* Effect.fromResult(found)
          framing = begin(header, header.end)
          const inputs: Array<Input> = [headerFound, ...sample.from(header.end.byteOffset)]
          if (isWhole) inputs.push(endOfBytes)
          return inputs
        })

        return bytes.pipe(
          upToEnd(options),
          Stream.concat(Stream.succeed(endOfBytes)),
          Stream.mapEffect(takeBytes),
          Stream.flattenIterable,
          // One batch at a time: the next one is framed when this one is decoded, and its rows are taken.
          Stream.flatMap((input) => Stream.fromIterable(batchesOf(input), { chunkSize: 1 })),
        )
      }),
    )
