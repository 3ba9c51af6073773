import { assert, it } from "@effect/vitest"
import type { Reason, Reject } from "../../src/domain/Reject.ts"
import { RejectTally } from "../../src/domain/RejectTally.ts"

const reject = (line: number, ...reasons: ReadonlyArray<Reason>): Reject => ({
  byteOffset: line * 10,
  line,
  raw: new Uint8Array(),
  length: 0,
  reasons,
})

const email = { column: "email", message: "is not valid" }
const quote = { column: null, message: "text after a closing quote" }

it("counts a record once for each of its reasons, the most frequent first, and keeps where the first is", () => {
  const tally = new RejectTally()
  const [first, second] = [
    { name: "1.csv", number: 1 },
    { name: "2.csv", number: 2 },
  ]
  // The files are read at once.
  tally.add(second, [reject(2, email, { ...quote, detail: "a secret" })])
  tally.add(first, [reject(3, quote), reject(4, email, email)])
  tally.add(second, [reject(9, email)])
  assert.deepStrictEqual(tally.reasons, [
    { reason: "email is not valid", records: 3, file: "1.csv", line: 4 },
    { reason: "text after a closing quote", records: 2, file: "1.csv", line: 3 },
  ])
})

it("counts a record once for the reasons that are not counted apart", () => {
  const tally = new RejectTally()
  const reasons = Array.from({ length: 60 }, (_, index) => ({ column: null, message: `no ${index}` }))
  tally.add({ name: "1.csv", number: 1 }, [reject(2, ...reasons), reject(3, ...reasons)])
  assert.strictEqual(tally.reasons.length, 51)
  assert.isTrue(tally.reasons.every(({ records }) => records === 2))
})

it("keeps a bounded number of reasons, whatever triggers report, and counts every record", () => {
  const tally = new RejectTally()
  const rejects = Array.from({ length: 1_000 }, (_, index) =>
    reject(index, { column: null, message: `no ${index % 500}` }),
  )
  tally.add({ name: "1.csv", number: 1 }, rejects)
  assert.strictEqual(tally.reasons[0]!.reason, "other reasons")
  assert.isAtMost(tally.reasons.length, 51)
  assert.strictEqual(
    tally.reasons.reduce((sum, { records }) => sum + records, 0),
    1_000,
  )
})
