// Moves the users of a batch of decoded records into other rows.

import type { Reject } from "../domain/Reject.ts"
import { addRecord } from "../domain/rows/addRecord.ts"
import { appendRows } from "../domain/rows/appendRows.ts"
import type { Rows } from "../domain/rows/Rows.ts"
import { type DecodedRecords, isReject } from "./decodeRecords.ts"

/** In the file's order. Returns the rejects of the batch, and releases its rows. */
export const takeRecords = (to: Rows, { frames, records, rows }: DecodedRecords): ReadonlyArray<Reject> => {
  const rejects: Array<Reject> = []
  let plain = 0
  for (const [index, record] of records.entries()) {
    const { plainBefore } = frames[index]!
    appendRows(to, rows, plain, plainBefore)
    plain = plainBefore
    if (isReject(record)) rejects.push(record)
    else addRecord(to, record)
  }
  appendRows(to, rows, plain, rows.count)
  rows.release()
  return rejects
}
