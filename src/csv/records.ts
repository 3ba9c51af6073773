import { Effect, identity, Result, Stream } from "effect"
import type { Chunk, Position, UserRecord } from "../domain/Chunk.ts"
import type { Positions } from "../domain/ColumnMapping.ts"
import * as Footprint from "../domain/footprint.ts"
import type { Reason, Reject } from "../domain/Reject.ts"
import type { Stopwatch } from "../observability/Stopwatch.ts"
import { decodeUser, type User } from "../domain/User.ts"
import { type FieldAt, makeRecordParser } from "./fields.ts"
import { type Frame, rawOf } from "./frame.ts"
import { Framer } from "./framing.ts"
import { emptyError, type Header, type HeaderOptions, readHeader } from "./header.ts"
import type { SourceError, SourceFile } from "../domain/SourceFile.ts"
import { upToByte } from "../domain/byteRange.ts"

export interface ReadOptions extends HeaderOptions {
  /** Records of a chunk, at most. */
  readonly chunkSize: number
  /** Bytes of a record; a longer one is rejected, and no more of it is kept. */
  readonly maxRecordSize: number
  /**
   * Where to go on, and the header that stands at the file's beginning; undefined: begin there. `end`: the byte before
   * which to stop, a place where `split` would cut; without it the file's end.
   */
  readonly resume:
    | { readonly position: Position; readonly header: Uint8Array; readonly end?: number | undefined }
    | undefined
  /** Where the time of decoding is counted. */
  readonly stopwatch?: Stopwatch
}

/** Bytes that a chunk takes: it ends here at the latest. */
const maxChunkBytes = 8 * 1024 * 1024

const endOfFile = Symbol("end of file")

const fileStart: Position = { byteOffset: 0, line: 1 }

/** A user, and where it stands in the bytes of its batch, which is no part of what it says. */
class FramedUser implements UserRecord {
  readonly user: User
  readonly byteOffset: number
  readonly line: number
  readonly #bytes: Uint8Array
  readonly #start: number
  readonly #end: number

  constructor(user: User, frame: Frame) {
    this.user = user
    this.byteOffset = frame.offset
    this.line = frame.line
    // Not the frame: it would live as long as the chunk.
    this.#bytes = frame.bytes
    this.#start = frame.start
    this.#end = frame.end
  }

  get raw(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end)
  }
}

const toReject = (frame: Frame, reasons: ReadonlyArray<Reason>): Reject => ({
  byteOffset: frame.offset,
  line: frame.line,
  // No copy: as a user's, its bytes live as long as the chunk. A buffer of its own takes more memory than most records.
  raw: rawOf(frame),
  length: frame.length,
  reasons,
})

/** A batch of frames, and what each of them is. */
interface DecodedBatch {
  readonly frames: ReadonlyArray<Frame>
  readonly records: ReadonlyArray<UserRecord | Reject>
}

const isReject = (record: UserRecord | Reject): record is Reject => "reasons" in record

const makeDecoder = (delimiter: string, positions: Positions) => {
  const textOf = (field: FieldAt, position: number): string => (position === -1 ? "" : field(position))
  const parse = makeRecordParser(delimiter, (field) =>
    decodeUser({
      source_id: textOf(field, positions.source_id),
      first_name: textOf(field, positions.first_name),
      last_name: textOf(field, positions.last_name),
      email: textOf(field, positions.email),
      gender: textOf(field, positions.gender),
      ip_address: textOf(field, positions.ip_address),
      created_at: textOf(field, positions.created_at),
      updated_at: textOf(field, positions.updated_at),
      password: textOf(field, positions.password),
      status: textOf(field, positions.status),
    }),
  )
  return (frames: ReadonlyArray<Frame>): DecodedBatch => ({
    frames,
    records: parse(frames).map((decoded, index) => {
      const frame = frames[index]!
      if ("problem" in decoded) return toReject(frame, [{ column: null, message: decoded.problem }])
      return Result.isSuccess(decoded) ? new FramedUser(decoded.success, frame) : toReject(frame, decoded.failure)
    }),
  })
}

const makeFramer = (options: ReadOptions, start: Position, fieldCount: number | undefined): Framer =>
  new Framer({
    delimiter: options.delimiter,
    maxRecordSize: options.maxRecordSize,
    offset: start.byteOffset,
    line: start.line,
    fieldCount,
  })

/** The header of an earlier attempt, read again from its bytes. */
const resumedHeader = (file: SourceFile, options: ReadOptions): Result.Result<Header | undefined, SourceError> => {
  if (options.resume === undefined) return Result.succeed(undefined)
  const reader = makeFramer(options, fileStart, undefined)
  return readHeader(file, options, [...reader.push(options.resume.header), ...reader.finish()].flat())
}

/** The bytes up to the end of the range, where there is one. */
const inRange = ({ resume }: ReadOptions) =>
  resume?.end === undefined ? identity : upToByte(resume.end - resume.position.byteOffset)

/** The chunk that is being filled. */
class ChunkBuilder {
  private users: Array<UserRecord> = []
  private rejects: Array<Reject> = []
  private bytes = 0
  private from: Position
  private to: Position
  private readonly header: Uint8Array
  private readonly chunkSize: number

  constructor(from: Position, header: Uint8Array, chunkSize: number) {
    this.from = this.to = from
    this.header = header
    this.chunkSize = chunkSize
  }

  /** Takes records; gives the chunks that they complete. */
  add({ frames, records }: DecodedBatch): ReadonlyArray<Chunk> {
    const complete: Array<Chunk> = []
    for (let index = 0; index < records.length; index++) {
      const record = records[index]!
      const frame = frames[index]!
      if (isReject(record)) this.rejects.push(record)
      else this.users.push(record)
      this.bytes += Footprint.ofRecord(
        frame.nextOffset - this.to.byteOffset,
        isReject(record) ? record.reasons : undefined,
      )
      this.to = { byteOffset: frame.nextOffset, line: frame.nextLine }
      const isFull = this.users.length + this.rejects.length >= this.chunkSize || this.bytes >= maxChunkBytes
      if (isFull) complete.push(...this.end(false))
    }
    return complete
  }

  end(isLast: boolean): ReadonlyArray<Chunk> {
    if (this.users.length + this.rejects.length === 0) return []
    const { users, rejects, from, to, header } = this
    const chunk = { users, rejects, from, to, header, isLast }
    this.users = []
    this.rejects = []
    this.bytes = 0
    this.from = this.to
    return [chunk]
  }
}

/**
 * Turns the bytes of a file, from its beginning or from `resume` on, into chunks of users and rejects. Fails when the
 * file has no header, or one that does not fit the mapping; a record never fails the file.
 */
export const readChunks =
  (file: SourceFile, options: ReadOptions) =>
  (bytes: Stream.Stream<Uint8Array, SourceError>): Stream.Stream<Chunk, SourceError> =>
    Stream.unwrap(
      Effect.gen(function* () {
        const resumed = yield* Effect.fromResult(resumedHeader(file, options))
        const framer = makeFramer(options, options.resume?.position ?? fileStart, resumed?.fieldCount)
        let header = resumed
        let decode: ReturnType<typeof makeDecoder> | undefined

        const decodeFrames = Effect.fnUntraced(function* (frames: ReadonlyArray<Frame>) {
          const isFirst = header === undefined
          header ??= yield* Effect.fromResult(readHeader(file, options, frames))
          decode ??= makeDecoder(options.delimiter, header.positions)
          return decode(isFirst ? frames.slice(1) : frames)
        })

        const framesOf = function* (chunk: Uint8Array | typeof endOfFile) {
          yield* chunk === endOfFile ? framer.finish() : framer.push(chunk)
          // Without a header no more of the file is of use.
          const frame = header === undefined ? framer.overlongHeader : undefined
          if (frame !== undefined) yield [frame]
        }

        return bytes.pipe(
          inRange(options),
          // Not `onHalt` of mapAccum: it runs when the stream fails too, and would take a torn record for the last one.
          Stream.concat(Stream.succeed(endOfFile)),
          // One batch at a time: the next one is framed when this one is decoded.
          Stream.flatMap((chunk) => Stream.fromIterable(framesOf(chunk), { chunkSize: 1 })),
          Stream.mapEffect(decodeFrames),
          options.stopwatch?.timePulls("decode") ?? identity,
          // Read and decoded ahead while the database writes a chunk. Batches, not chunks: they are smaller.
          Stream.buffer({ capacity: 4 }),
          Stream.concat(
            Stream.suspend(() => (header === undefined ? Stream.fail(emptyError(file)) : Stream.succeed(endOfFile))),
          ),
          Stream.mapAccum(
            (): ChunkBuilder | undefined => undefined,
            (builder, batch) => {
              if (batch === endOfFile) return [undefined, builder?.end(true) ?? []] as const
              if (batch.frames.length === 0) return [builder, []] as const
              const { bytes: headerBytes, end } = header!
              const chunks =
                builder ?? new ChunkBuilder(options.resume?.position ?? end, headerBytes, options.chunkSize)
              return [chunks, chunks.add(batch)] as const
            },
            { onHalt: (builder) => builder?.end(false) ?? [] },
          ),
        )
      }),
    )
