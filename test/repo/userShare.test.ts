import { assert, it } from "@effect/vitest"
import { noPlaces } from "../../src/domain/rows/RowPlaces.ts"
import { RowSet } from "../../src/domain/rows/RowSet.ts"
import { objectShare, userShare, versionsOf } from "../../src/repo/userShare.ts"
import { filledUser } from "../utils/records.ts"
import { addRecord } from "../../src/domain/rows/addRecord.ts"

const record = { user: filledUser, instant: null, fileId: 1, byteOffset: 0, line: 2, raw: new Uint8Array() }

it("has its rows as objects, and by column; a copy of it has its own", () => {
  const rows = RowSet.of([record])
  const share = userShare({ users: rows }, { isAhead: true, places: noPlaces })
  assert.strictEqual(versionsOf(share), rows.versions)
  assert.strictEqual(share.records, rows.records)
  assert.strictEqual(share.winners, rows.winners)
  const copy = { ...share, winners: [] }
  assert.lengthOf(versionsOf(copy).numbers, 0)
  assert.deepStrictEqual(copy, { records: rows.records, winners: [], places: new Map(), isAhead: true })
})

it("keeps its objects for another program's repository, whatever becomes of the rows", () => {
  const rows = RowSet.of([record])
  const share = objectShare({ users: rows }, { isAhead: true, places: noPlaces })
  rows.rows.clear()
  addRecord(rows.rows, { ...record, user: { ...filledUser, email: "other@example.com" } })
  assert.strictEqual(share.records[0]!.user.email, filledUser.email)
  assert.strictEqual(share.winners[0]!.user.email, filledUser.email)
})
