import { assert, it } from "@effect/vitest"
import { RowSet } from "../../src/domain/rows/RowSet.ts"
import { userShare } from "../../src/repo/userShare.ts"
import { filledUser } from "../utils/records.ts"

const record = { user: filledUser, instant: null, fileId: 1, byteOffset: 0, line: 2, raw: new Uint8Array() }

it("has its rows as objects, and a copy of it has those alone", () => {
  const rows = RowSet.of([record])
  const share = userShare({ users: rows }, { isAhead: true, places: new Map() })
  assert.strictEqual(share.rows, rows)
  assert.strictEqual(share.records, rows.records)
  assert.strictEqual(share.winners, rows.winners)
  const copy = { ...share, winners: [] }
  assert.strictEqual(copy.rows, undefined)
  assert.deepStrictEqual(copy, { records: rows.records, winners: [], places: new Map(), isAhead: true })
})
