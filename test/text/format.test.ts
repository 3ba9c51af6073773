import { assert, it } from "@effect/vitest"
import { baseName, formatBytes, formatDuration, plural } from "../../src/text/format.ts"
import { allCountNames, noRecords, outcomes, unaccounted } from "../../src/domain/RunSummary.ts"

it("counts are written as people read them", () => {
  assert.strictEqual(plural(1, "file"), "1 file")
  assert.strictEqual(plural(2_000, "address", "addresses"), "2,000 addresses")
})

it("durations are as exact as they are long", () => {
  assert.deepStrictEqual([0, 59_940, 60_000, 3_599_499, 3_600_000, 40_000_000].map(formatDuration), [
    "0.0 s",
    "59.9 s",
    "1 min 0 s",
    "59 min 59 s",
    "1 h 0 min",
    "11 h 7 min",
  ])
})

it("the last part of a path or URI is its name; without a slash it is of Windows", () => {
  assert.deepStrictEqual(
    ["file:///data/a b.csv", "s3://b/k/x.csv.gz", "/a/b\\c.csv", "C:\\data\\x.csv", "x.csv"].map(baseName),
    ["a b.csv", "x.csv.gz", "b\\c.csv", "x.csv", "x.csv"],
  )
})

it("each outcome is counted, and none twice; values are no records", () => {
  assert.deepStrictEqual(Object.keys(noRecords), [...allCountNames])
  assert.deepStrictEqual(
    outcomes.map((outcome) => unaccounted({ ...noRecords, read: 3, [outcome]: 1 })),
    outcomes.map(() => 2),
  )
  assert.strictEqual(unaccounted({ ...noRecords, read: 3, inserted: 3, blanked: 5 }), 0)
})

it("tells sizes in decimal units", () => {
  const sizes = [0, 999, 1_000, 12_345, 99_949, 99_950, 999_499, 999_500, 1e9, 5e14]
  assert.deepStrictEqual(sizes.map(formatBytes), [
    "0 bytes",
    "999 bytes",
    "1.0 kB",
    "12.3 kB",
    "99.9 kB",
    "100 kB",
    "999 kB",
    "1.0 MB",
    "1.0 GB",
    "500 TB",
  ])
})
