import { assert, it } from "@effect/vitest"
import { formatSummary } from "../../src/commands/formatSummary.ts"
import { noAddresses, noRecords, type RunSummary } from "../../src/domain/RunSummary.ts"
import { noStages } from "../../src/domain/StageTimes.ts"

const summary: RunSummary = {
  runId: 7,
  attempt: 1,
  source: "/in",
  files: [],
  totals: noRecords,
  rejectedFor: [],
  stopped: false,
  stages: noStages,
  addresses: { ...noAddresses, located: 1_200, unlocatable: 3, requests: null, refusals: null, waiting: 0 },
  serviceRate: { batchSize: 100, requestsPerMinute: 15 },
  locatingError: null,
  milliseconds: 1_000,
}

const addressesOf = (changes: Partial<RunSummary>) =>
  formatSummary({ ...summary, ...changes }, { maxRejects: undefined, same: "", database: "embedded", width: 80 })
    .split("\n")
    .filter((line) => /^Addresses|^Locating|^ {2}answered|queued/.test(line))

it("of addresses that workers ask a service for, no more is told than is known", () => {
  const isTold = "Addresses: 1,200 located with their users, 3 without a place; "
  assert.deepStrictEqual(addressesOf({}), [`${isTold}all others by the workers since`])
  assert.deepStrictEqual(
    addressesOf({
      addresses: { ...summary.addresses, waiting: 50 },
      locatingError: "no worker has located an address for 5 minutes",
    }),
    [
      `${isTold}50 still wait for the workers`,
      "Locating stopped: no worker has located an address for 5 minutes",
      "50 addresses queued: etl locate",
    ],
  )
  const withoutService = addressesOf({ addresses: { ...summary.addresses, local: 1_203 }, serviceRate: null })
  assert.deepStrictEqual(withoutService, [
    "Addresses: 1,200 located, 3 without a place",
    "  answered: 1,203 by the local database",
  ])
})
