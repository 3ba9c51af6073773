// The stage `decode`: framed records become users and rejects.

import { Record, Result, Stream } from "effect"
import type { UserRecord } from "../domain/UserRecord.ts"
import type { Reason, Reject } from "../domain/Reject.ts"
import { firstInstant, type Instant } from "../domain/Moment.ts"
import type { User } from "../domain/User.ts"
import { type DecodedUser, userDecoder } from "../domain/userDecoder.ts"
import { makeRecordParser } from "./fields.ts"
import { type Frame, rawOf } from "./frame.ts"
import type { FramedRecords } from "./Framing.ts"
import type { Header } from "./header.ts"
import type { HeaderError } from "./HeaderError.ts"
import { makeExtra } from "./makeExtra.ts"
import { makeHeaderKind, otherHeaderError } from "./repeatedHeader.ts"
import { makeFindSwallowed } from "./swallowed.ts"
import { rowRecord } from "../domain/rows/rowValues.ts"

/** A user, and where its bytes are in its batch, which is no part of its value. */
class FramedUser implements UserRecord {
  readonly user: User
  readonly blanked: ReadonlyArray<Reason> | undefined
  readonly fileId: number
  readonly byteOffset: number
  readonly line: number
  readonly #instant: Instant | undefined
  readonly #bytes: Uint8Array
  readonly #start: number
  readonly #end: number

  constructor({ blanked, instant, user }: DecodedUser, fileId: number, frame: Frame) {
    this.user = user
    this.#instant = instant
    this.blanked = blanked
    this.fileId = fileId
    this.byteOffset = frame.offset
    this.line = frame.line
    // Not the frame: it would live as long as the chunk.
    this.#bytes = frame.bytes
    this.#start = frame.start
    this.#end = frame.end
  }

  get instant(): Instant | null {
    return this.#instant ?? firstInstant(this.user.updated_at)
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

/** Framed records, each of the frames with its user or reject. */
export interface DecodedRecords extends FramedRecords {
  readonly records: ReadonlyArray<UserRecord | Reject>
  /** Rows that repeat the header, which are no records. */
  readonly repeatedHeaders: number
}

/**
 * Whether a record is a reject.
 *
 * @example
 * ```ts
 * import { Stream } from "effect"
 * import { Records } from "user-activity-etl"
 *
 * const rejects = (records: Stream.Stream<Records.Decoded>) => Stream.filter(records, Records.isReject)
 * ```
 */
export const isReject = (record: UserRecord | Reject): record is Reject => "reasons" in record

/** The records of a batch as objects, in the file's order. Releases its rows. */
export const recordsInOrder = ({ frames, records, rows }: DecodedRecords): ReadonlyArray<UserRecord | Reject> => {
  const ordered: Array<UserRecord | Reject> = []
  let row = 0
  for (const [index, record] of records.entries()) {
    for (; row < frames[index]!.plainBefore; row++) ordered.push(rowRecord(rows, row))
    ordered.push(record)
  }
  for (; row < rows.count; row++) ordered.push(rowRecord(rows, row))
  rows.release()
  return ordered
}

/** The index of a field that no record has: of a column that the file lacks. */
const noField = 2 ** 30 - 1

/** What decodes batches of framed records. */
export const makeDecoder = (header: Header) => {
  const { format, ownMapping } = header
  const decodeUser = userDecoder(ownMapping, format)
  const positions = Record.map(header.positions, (position) => (position === -1 ? noField : position))
  const extra = makeExtra(header)
  const parse = makeRecordParser(format, (field) =>
    decodeUser({
      source_id: field(positions.source_id),
      first_name: field(positions.first_name),
      last_name: field(positions.last_name),
      email: field(positions.email),
      gender: field(positions.gender),
      ip_address: field(positions.ip_address),
      created_at: field(positions.created_at),
      updated_at: field(positions.updated_at),
      password: field(positions.password),
      status: field(positions.status),
      extra: extra(field),
    }),
  )
  const findSwallowed = format.quotedLines === "reject" ? makeFindSwallowed(header) : () => undefined
  const headerKind = format.isExact ? () => undefined : makeHeaderKind(header)

  const toRecord = (decoded: ReturnType<typeof parse>[number], frame: Frame, fileId: number): UserRecord | Reject => {
    if ("problem" in decoded) return toReject(frame, [{ column: null, message: decoded.problem }])
    const swallowed = findSwallowed(frame)
    if (swallowed !== undefined) return toReject(frame, [{ column: null, message: swallowed }])
    return Result.isSuccess(decoded) ? new FramedUser(decoded.success, fileId, frame) : toReject(frame, decoded.failure)
  }

  /** A header has no e-mail, and may have other fields. */
  const kindOf = ({ reasons }: Reject, frame: Frame) =>
    reasons.some(({ column }) => column === null || column === "email") ? headerKind(frame) : undefined

  /** What of the records is before another header, and that header. */
  return (framed: FramedRecords): readonly [before: DecodedRecords, otherHeader: Frame | undefined] => {
    const { fileId, frames } = framed
    /** Rows that are headers, by their index: hardly a file has any. */
    const headers = new Set<number>()
    let end = frames.length
    const records = parse(frames).map((decoded, index) => {
      const frame = frames[index]!
      const record = toRecord(decoded, frame, fileId)
      const kind = isReject(record) ? kindOf(record, frame) : undefined
      if (kind !== undefined) headers.add(index)
      if (kind === "other") end = Math.min(end, index)
      return record
    })
    if (headers.size === 0) return [{ ...framed, records, repeatedHeaders: 0 }, undefined]
    const isKept = (_: unknown, index: number): boolean => index < end && !headers.has(index)
    const otherHeader = frames[end]
    if (otherHeader !== undefined) framed.rows.truncate(otherHeader.plainBefore)
    const before = { ...framed, frames: frames.filter(isKept), records: records.filter(isKept) }
    const repeatedHeaders = [...headers].filter((index) => index < end).length
    return [{ ...before, repeatedHeaders }, otherHeader]
  }
}

/**
 * Decodes the records of a file by the mapped columns' schemas. A record that cannot be decoded is a reject, with every
 * reason. Fails at a row that is a header with other columns: what follows it would be read wrongly.
 */
export const decode = <E, R>(
  framed: Stream.Stream<FramedRecords, E, R>,
): Stream.Stream<DecodedRecords, E | HeaderError, R> =>
  Stream.suspend(() => {
    let decoder: ReturnType<typeof makeDecoder> | undefined
    let otherHeader: HeaderError | undefined
    return framed.pipe(
      Stream.map((records) => {
        decoder ??= makeDecoder(records.header)
        const [before, other] = decoder(records)
        otherHeader = other && otherHeaderError(other, records.header.format.header !== null)
        return before
      }),
      Stream.takeUntil(() => otherHeader !== undefined),
      Stream.concat(Stream.suspend(() => (otherHeader === undefined ? Stream.empty : Stream.fail(otherHeader)))),
    )
  })
