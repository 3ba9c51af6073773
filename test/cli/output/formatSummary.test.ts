import { assert, it } from "@effect/vitest"
import { formatSummary } from "../../../src/cli/output/formatSummary.ts"
import {
  type FileSummary,
  noAddresses,
  noRecords,
  type RecordCounts,
  type RunSummary,
} from "../../../src/domain/RunSummary.ts"
import { noStages } from "../../../src/domain/StageTimes.ts"

const summary: RunSummary = {
  runId: 7,
  attempt: 1,
  source: "/in",
  files: [],
  totals: noRecords,
  rejectedFor: [],
  stopped: false,
  stages: noStages,
  addresses: {
    ...noAddresses,
    located: 1_200,
    unlocatable: 3,
    requests: null,
    refusals: null,
    waiting: 0,
    waitingForOthers: 0,
  },
  serviceRate: { batchSize: 100, requestsPerMinute: 15 },
  locatingError: null,
  milliseconds: 1_000,
}

type File = readonly [FileSummary["state"], Partial<RecordCounts>]

const fileOf = ([state, counts]: File, index: number): FileSummary => ({
  uri: `/in/${index}.csv`,
  name: `${index}.csv`,
  state,
  counts: { ...noRecords, ...counts },
  located: 0,
  queued: 0,
  milliseconds: 1,
  error: null,
})

const firstLineOf = (...files: ReadonlyArray<File>) => {
  const summaries = files.map(fileOf)
  const options = { maxRejects: undefined, rejectsOut: "fix.csv", same: "", database: "embedded", width: 80 }
  return formatSummary({ ...summary, files: summaries }, options)
    .split("\n")
    .find((line) => line.startsWith("Run 7"))
}

it("a file of which no record could be loaded is not called loaded", () => {
  const good = ["loaded", { read: 2, inserted: 1, rejected: 1 }] as const
  const bad = ["loaded", { read: 2, rejected: 2 }] as const
  assert.strictEqual(firstLineOf(bad), "Run 7: 1 file read and all of its records rejected")
  assert.strictEqual(
    firstLineOf(good, bad, bad, ["skipped", {}]),
    "Run 7: 1 file loaded, 2 files read and all of their records rejected, 1 already loaded",
  )
  assert.strictEqual(firstLineOf(["loaded", {}], good), "Run 7: 2 files loaded")
  assert.strictEqual(firstLineOf(["failed", {}]), "Run 7: 0 files loaded, 1 failed")
})

it("values that could not be used are reported with the command that lists them, where there are any", () => {
  const lastLines = (totals: Partial<RecordCounts>) => {
    const options = { maxRejects: undefined, rejectsOut: "fix.csv", same: " --embedded x", database: "x", width: 80 }
    const files = [fileOf(["loaded", totals], 0)]
    const text = formatSummary({ ...summary, files, totals: { ...noRecords, ...totals } }, options)
    return text.split("\n").slice(-2)
  }
  const rejects = "rejects: etl rejects --run 7 --out fix.csv --embedded x"
  const report = "report: etl report --open --embedded x"
  assert.deepStrictEqual(lastLines({ read: 2, rejected: 2 }), [report, rejects])
  assert.deepStrictEqual(lastLines({ read: 2, rejected: 2, blanked: 1_200 }), [
    "1,200 values could not be used and are null: etl rejects --values --run 7 --embedded x",
    rejects,
  ])
  assert.deepStrictEqual(lastLines({ read: 2, inserted: 2, blanked: 1 }), [
    report,
    "1 value could not be used and is null: etl rejects --values --run 7 --embedded x",
  ])
})

const addressesOf = (changes: Partial<RunSummary>) =>
  formatSummary(
    { ...summary, ...changes },
    { maxRejects: undefined, rejectsOut: "fix.csv", same: "", database: "embedded", width: 80 },
  )
    .split("\n")
    .filter((line) => /^Addresses|^Locating|^ {2}answered|queued/.test(line))

it("of addresses that workers locate, no more is printed than is known", () => {
  const places = "Addresses: 1,200 located with their users, 3 without a place; "
  assert.deepStrictEqual(addressesOf({}), [`${places}the workers located all others`])
  assert.deepStrictEqual(
    addressesOf({
      addresses: { ...summary.addresses, waiting: 50 },
      locatingError: "no worker has located an address for 5 minutes",
    }),
    [
      `${places}50 still pending`,
      "Locating stopped: no worker has located an address for 5 minutes",
      "50 addresses queued: etl locate",
    ],
  )
  assert.deepStrictEqual(addressesOf({ addresses: { ...summary.addresses, waitingForOthers: 1_000 } }), [
    `${places}the workers located all others`,
    "1,000 other addresses queued: etl locate",
  ])
  const withoutService = addressesOf({ addresses: { ...summary.addresses, local: 1_203 }, serviceRate: null })
  assert.deepStrictEqual(withoutService, [
    "Addresses: 1,200 located, 3 without a place",
    "  answered: 1,203 by the local database",
  ])
})

it("of many files that failed the first are printed, and the others are counted", () => {
  const files = Array.from({ length: 25 }, (_, index) => ({
    ...fileOf(["failed", {}], index),
    error: `/in/${index}.csv does not exist. Check the path.`,
  }))
  const options = { database: "db", same: "", maxRejects: undefined, rejectsOut: "out.csv", width: 80 }
  const lines = formatSummary({ ...summary, files }, options).split("\n")
  const failed = lines.filter((line) => line.startsWith("Failed: "))
  assert.lengthOf(failed, 20)
  assert.include(failed[19], "/in/19.csv")
  assert.strictEqual(lines.at(-1), "and 5 more failed files: etl runs 7")
})
