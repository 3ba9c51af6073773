import { assert, it } from "@effect/vitest"
import { Schema } from "effect"
import { noRecords, RecordCounts } from "../../src/domain/RunSummary.ts"

it("counts that an earlier version has kept, which knew no bad values, have none", () => {
  const { blanked: _, ...earlier } = { ...noRecords, read: 3, inserted: 3 }
  assert.deepStrictEqual(Schema.decodeUnknownSync(RecordCounts)(earlier), { ...earlier, blanked: 0 })
  const counts = { ...noRecords, read: 3, inserted: 3, blanked: 2 }
  assert.deepStrictEqual(Schema.decodeUnknownSync(RecordCounts)(Schema.encodeSync(RecordCounts)(counts)), counts)
})
