// Reads a file with a walk over its plain records and without one, and tells what each way makes of it.

import { isReject, makeDecoder } from "../../../src/csv/decodeRecords.ts"
import type { Frame } from "../../../src/csv/frame.ts"
import { RecordFramer } from "../../../src/csv/RecordFramer.ts"
import type { Header } from "../../../src/csv/header.ts"
import { makePlainWalk, type PlainWalk } from "../../../src/csv/plain/PlainWalk.ts"
import { laneOf } from "../../../src/domain/laneOf.ts"
import type { Reject } from "../../../src/domain/Reject.ts"
import { appendRows } from "../../../src/domain/rows/appendRows.ts"
import { noRows, Rows } from "../../../src/domain/rows/Rows.ts"
import type { UserRecord } from "../../../src/domain/UserRecord.ts"
import { cut } from "../../utils/pieces.ts"
import { rowRecord } from "../../../src/domain/rows/rowValues.ts"

/** All that is told of a record. */
const told = (record: UserRecord | Reject, lane?: number) => {
  const raw = Buffer.from(record.raw).toString("latin1")
  if (isReject(record)) return { ...record, raw }
  const { blanked, byteOffset, fileId, instant, line, user } = record
  const { seconds, micros } = instant ?? { seconds: undefined, micros: undefined }
  return { user, seconds, micros, blanked, fileId, byteOffset, line, raw, lane: lane ?? laneOf(user.email) }
}
type Told = ReturnType<typeof told>

const fileId = 3
const maxRecordSize = 2000

interface ReadFile {
  readonly records: ReadonlyArray<Told>
  readonly blankRows: number
  readonly repeatedHeaders: number
  /** Where another header is. */
  readonly otherHeader: number | undefined
  /** How many records were plain. */
  readonly plain: number
}

const framesOf = function* (framer: RecordFramer, pieces: ReadonlyArray<Uint8Array>) {
  for (const piece of pieces) yield* framer.push(piece)
  yield* framer.finish()
}

const readFile = (header: Header, pieces: ReadonlyArray<Uint8Array>, plain: PlainWalk | undefined): ReadFile => {
  const { fields, format } = header
  const framer = new RecordFramer({ format, maxRecordSize, offset: 0, line: 1, fields, plain })
  const decode = makeDecoder(header)
  const all = new Rows(0, 0)
  const records: Array<Told> = []
  let repeatedHeaders = 0
  let otherHeader: number | undefined

  const takeRows = (rows: Rows | undefined, first: number, end: number): void => {
    if (rows === undefined || end <= first) return
    const { count } = all
    appendRows(all, rows, first, end)
    for (let row = count; row < all.count; row++) records.push(told(rowRecord(all, row), all.lanes[row]))
  }

  const take = (frames: ReadonlyArray<Frame>): void => {
    const rows = plain?.takeRows(fileId)
    const [before, other] = decode({
      fileId,
      header,
      start: header.end,
      rows: rows ?? noRows,
      frames,
      blankRows: 0,
    })
    let first = 0
    for (const [index, frame] of before.frames.entries()) {
      takeRows(rows, first, frame.plainBefore)
      first = frame.plainBefore
      records.push(told(before.records[index]!))
    }
    takeRows(rows, first, other?.plainBefore ?? rows?.count ?? 0)
    rows?.release()
    repeatedHeaders += before.repeatedHeaders
    otherHeader = other?.offset
  }

  for (const frames of framesOf(framer, pieces)) {
    take(frames)
    if (otherHeader !== undefined) break
  }
  const blankRows = otherHeader === undefined ? framer.blankRows : 0
  return { records, blankRows, repeatedHeaders, otherHeader, plain: all.count }
}

/** Both ways have to make the same of it: but for `plain`, which is 0 without a walk. */
export const readBothWays = (
  header: Header,
  bytes: Uint8Array,
  pieces: ReadonlyArray<number>,
): { readonly walked: ReadFile; readonly decoded: ReadFile } => ({
  walked: readFile(header, cut(bytes, pieces), makePlainWalk(header, maxRecordSize)),
  decoded: readFile(header, [bytes], undefined),
})
