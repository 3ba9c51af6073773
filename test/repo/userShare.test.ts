import { assert, it } from "@effect/vitest"
import { RowSet } from "../../src/domain/rows/RowSet.ts"
import { userShare, versionsOf } from "../../src/repo/userShare.ts"
import { filledUser } from "../utils/records.ts"

const record = { user: filledUser, instant: null, fileId: 1, byteOffset: 0, line: 2, raw: new Uint8Array() }

it("has its rows as objects, and by column; a copy of it has its own", () => {
  const rows = RowSet.of([record])
  const share = userShare({ users: rows }, { isAhead: true, places: new Map() })
  assert.strictEqual(versionsOf(share), rows.versions)
  assert.strictEqual(share.records, rows.records)
  assert.strictEqual(share.winners, rows.winners)
  const copy = { ...share, winners: [] }
  assert.lengthOf(versionsOf(copy).numbers, 0)
  assert.deepStrictEqual(copy, { records: rows.records, winners: [], places: new Map(), isAhead: true })
})
