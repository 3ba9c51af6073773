import { assert, describe, it } from "@effect/vitest"
import { Record, Schema } from "effect"
import stringWidth from "string-width"
import { fileTable } from "../../../src/cli/output/fileTable.ts"
import { addCounts, type FileSummary, noAddresses, noRecords, type RunSummary } from "../../../src/domain/RunSummary.ts"

const file = (name: string, changes: Partial<FileSummary>): FileSummary => ({
  uri: `/data/${name}`,
  name,
  state: "loaded",
  counts: noRecords,
  located: 0,
  queued: 0,
  milliseconds: 100,
  error: null,
  ...changes,
})

const summaryOf = (files: ReadonlyArray<FileSummary>): RunSummary => ({
  runId: 7,
  attempt: 1,
  source: "/data",
  files,
  totals: files.reduce((sum, { counts }) => addCounts(sum, counts), noRecords),
  rejectedFor: [],
  stopped: false,
  stages: { extract: 0, transform: 0, locate: 0, load: 0 },
  addresses: { ...noAddresses, requests: 0, refusals: 0, waiting: 0, waitingForOthers: 0 },
  serviceRate: null,
  locatingError: null,
  milliseconds: 1_000,
})

const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10_000_000_000 }))

describe("the table of a run's files", () => {
  it("has a line a file and one for all, without what is 0 of all", () => {
    const files = [
      file("1.csv", { counts: { ...noRecords, read: 1_200, inserted: 1_195, rejected: 5 }, located: 900 }),
      file("2.csv", { counts: { ...noRecords, read: 10, updated: 10 }, state: "failed", error: "gone" }),
      file("3.csv", { state: "skipped" }),
    ]
    assert.deepStrictEqual(fileTable(summaryOf(files), 120), [
      "file             read  inserted  updated  rejected  located  seconds  records/s",
      "--------------  -----  --------  -------  --------  -------  -------  ---------",
      "1.csv           1,200     1,195        0         5      900      0.1     12,000",
      "2.csv (failed)     10         0       10         0        0      0.1        100",
      "total           1,210     1,195       10         5      900      1.0      1,210",
    ])
  })

  it("shows no speed of a run that was resumed: its records are those of all attempts, its time is not", () => {
    const files = [file("1.csv", { counts: { ...noRecords, read: 9 } }), file("2.csv", {})]
    assert.include(fileTable(summaryOf(files), 120)[0], "records/s")
    assert.notInclude(fileTable({ ...summaryOf(files), attempt: 2 }, 120)[0], "records/s")
  })

  it("is empty for one file, which the totals show", () => {
    assert.deepStrictEqual(fileTable(summaryOf([file("1.csv", {}), file("2.csv", { state: "skipped" })]), 80), [])
  })

  it.prop(
    "fits the terminal, whatever was counted and however files are called",
    { name: Schema.String, read: Count, located: Count, rejected: Count, milliseconds: Count, queued: Count },
    ({ name, read, rejected, ...rest }) => {
      const counts = { ...Record.map(noRecords, () => read), rejected }
      const files = [file(name, { counts, ...rest }), file("other.csv", { counts, ...rest })]
      for (const line of fileTable(summaryOf(files), 60)) assert.isAtMost(stringWidth(line), 60)
    },
  )

  it("of many files shows those that failed or have rejects, and counts the others", () => {
    const files = Array.from({ length: 1_000 }, (_, index) =>
      file(`${index}.csv`, {
        state: index === 500 ? "failed" : "loaded",
        counts: { ...noRecords, read: 3, inserted: 2, rejected: index === 900 ? 1 : 0 },
      }),
    )
    const table = fileTable(summaryOf(files), 80)
    assert.isBelow(table.length, 30)
    assert.include(table.join("\n"), "500.csv (failed)")
    assert.include(table.join("\n"), "\n900.csv")
    assert.strictEqual(table.at(-1), "and 980 more files: etl runs 7")
  })
})
