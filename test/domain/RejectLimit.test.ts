import { assert, describe, it } from "@effect/vitest"
import { Option, Schema } from "effect"
import * as RejectLimit from "../../src/domain/RejectLimit.ts"
import { noRecords } from "../../src/domain/RunSummary.ts"

const limit = (text: string) => Option.getOrThrow(RejectLimit.parse(text))
const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5000 }))

describe("RejectLimit", () => {
  it.prop("a number is the most that may be rejected", { max: Count, rejected: Count }, ({ max, rejected }) => {
    const counts = { ...noRecords, read: 10_000, rejected }
    assert.strictEqual(RejectLimit.isExceeded(limit(String(max)), counts), rejected > max)
  })

  it.prop(
    "a percentage applies from 1,000 records on",
    { read: Count, rejected: Count, percent: Schema.Literals([0, 0.5, 10, 99.9, 100]) },
    ({ read, rejected, percent }) => {
      const counts = { ...noRecords, read, rejected: Math.min(read, rejected) }
      const exceeded = read >= 1000 && counts.rejected / read > percent / 100
      assert.strictEqual(RejectLimit.isExceeded(limit(`${percent}%`), counts), exceeded)
    },
  )

  it("rejects any other text, and formats what it parses", () => {
    for (const text of ["", "%", "-1", "1.5", "101%", "1e3", "ten", "5 %", "5%%", " 5"]) {
      assert.isTrue(Option.isNone(RejectLimit.parse(text)), text)
    }
    for (const text of ["0", "12", "0%", "0.25%", "100%"]) assert.strictEqual(RejectLimit.format(limit(text)), text)
  })
})
