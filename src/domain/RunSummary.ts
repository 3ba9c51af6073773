// What a run did: how its records, files and addresses ended, and which exit code follows.

import { Effect, Schema } from "effect"
import { GeoLocatorError } from "./GeoLocatorError.ts"
import type { AnswerTally } from "./Location.ts"
import { RejectedFor } from "./RejectTally.ts"
import { SourceError } from "./SourceFile.ts"
import { StageTimes } from "./StageTimes.ts"

/** How many records ended in each way, and how many of their values are null. `read` is the sum of the outcomes. */
export const RecordCounts = Schema.Struct({
  read: Schema.Int,
  inserted: Schema.Int,
  updated: Schema.Int,
  /** Equal to what is stored. */
  unchanged: Schema.Int,
  /** Older than what is stored. */
  stale: Schema.Int,
  /** Superseded within its chunk. */
  duplicate: Schema.Int,
  rejected: Schema.Int,
  /** Values, not records: those that could not be used, and are null. 0 in what earlier versions have kept. */
  blanked: Schema.Int.pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
})
export interface RecordCounts extends Schema.Schema.Type<typeof RecordCounts> {}

/** The ways in which a record ends. */
export const outcomes = ["inserted", "updated", "unchanged", "stale", "duplicate", "rejected"] as const

/** What each outcome means, for people. */
export const meaningOf: Readonly<Record<(typeof outcomes)[number], string>> = {
  inserted: "new users",
  updated: "newer than what was stored",
  unchanged: "equal to what was stored",
  stale: "older than what was stored",
  duplicate: "superseded within their chunk",
  rejected: "could not be loaded",
}

/** The counts of records, in the order in which people read them. */
export const countNames = ["read", ...outcomes] as const

/** All counts: those of records, and of their values. */
export const allCountNames = [...countNames, "blanked"] as const

export const noRecords: RecordCounts = {
  read: 0,
  inserted: 0,
  updated: 0,
  unchanged: 0,
  stale: 0,
  duplicate: 0,
  rejected: 0,
  blanked: 0,
}

export const addCounts = (left: RecordCounts, right: RecordCounts): RecordCounts => ({
  read: left.read + right.read,
  inserted: left.inserted + right.inserted,
  updated: left.updated + right.updated,
  unchanged: left.unchanged + right.unchanged,
  stale: left.stale + right.stale,
  duplicate: left.duplicate + right.duplicate,
  rejected: left.rejected + right.rejected,
  blanked: left.blanked + right.blanked,
})

/** Records that ended in none of the outcomes, or in two: anything but 0 is a defect of the program. */
export const unaccounted = (counts: RecordCounts): number =>
  outcomes.reduce((rest, outcome) => rest - counts[outcome], counts.read)

/** How one file of the source ended. */
export const FileSummary = Schema.Struct({
  uri: Schema.String,
  name: Schema.String,
  /**
   * `skipped`: an earlier run loaded it. `failed`: it could not be read to its end. `open`: the run stopped before its
   * end. What was read before is committed.
   */
  state: Schema.Literals(["loaded", "skipped", "failed", "open"]),
  /** Of the file's whole load, earlier attempts included. */
  counts: RecordCounts,
  /** Addresses of this attempt, counted per chunk, that were located when their users were written. */
  located: Schema.Int,
  /** Those that were left for the service. */
  queued: Schema.Int,
  /** Of this attempt. */
  milliseconds: Schema.Int,
  /** Why it failed, for people. */
  error: Schema.NullOr(Schema.String),
  /** Why it failed, for programs; absent where this process did not read it. */
  failure: Schema.optionalKey(SourceError),
})
export interface FileSummary extends Schema.Schema.Type<typeof FileSummary> {}

/** How the addresses of this attempt ended. */
export const AddressCounts = Schema.Struct({
  located: Schema.Int,
  /** Without a location: in a special range, or unknown to every locator. */
  unlocatable: Schema.Int,
  /** How many are unlocatable for each reason: `private`, `multicast`, ..., `unknown`. */
  reasons: Schema.Record(Schema.String, Schema.Int),
  /** Answered by an earlier answer of the service, counted per chunk. */
  remembered: Schema.Int,
  /** Answered by a local database, counted per chunk. */
  local: Schema.Int,
  /** Answered by the service. */
  service: Schema.Int,
  /**
   * Requests sent to the service; null: unknown, as the service does not count them, or workers of a cluster send them,
   * whose answers `service` does not count.
   */
  requests: Schema.NullOr(Schema.Int),
  /** Requests that it refused (429): anything but 0 is a defect of ours, or other clients share the network address. */
  refusals: Schema.NullOr(Schema.Int),
  /** Pending at the end: the run's own, which its chunks queued or found queued; of locating without a run all. */
  waiting: Schema.Int,
  /** Pending at the end for other runs alone; of locating without a run 0. */
  waitingForOthers: Schema.Int,
})
export interface AddressCounts extends Schema.Schema.Type<typeof AddressCounts> {}

/** Addresses that have been answered. */
export type AnsweredCounts = Omit<AddressCounts, "requests" | "refusals" | "waiting" | "waitingForOthers">

export const noAddresses: AnsweredCounts = {
  located: 0,
  unlocatable: 0,
  reasons: {},
  remembered: 0,
  local: 0,
  service: 0,
}

/** What answered. `rule`: an address of a special range has no location, whatever the locator. */
export type Answerer = "remembered" | "local" | "service" | "rule"

export const countAnswers = (
  counts: AnsweredCounts,
  answerer: Answerer,
  { located, unlocatable }: AnswerTally,
): AnsweredCounts => {
  const reasons = { ...counts.reasons }
  let sum = 0
  for (const [reason, count] of Object.entries(unlocatable)) {
    reasons[reason] = (reasons[reason] ?? 0) + count
    sum += count
  }
  const total = { ...counts, located: counts.located + located, unlocatable: counts.unlocatable + sum, reasons }
  return answerer === "rule" ? total : { ...total, [answerer]: counts[answerer] + located + sum }
}

export const addAddresses = (left: AnsweredCounts, right: AnsweredCounts): AnsweredCounts => {
  const reasons = { ...left.reasons }
  for (const [reason, count] of Object.entries(right.reasons)) reasons[reason] = (reasons[reason] ?? 0) + count
  return {
    located: left.located + right.located,
    unlocatable: left.unlocatable + right.unlocatable,
    reasons,
    remembered: left.remembered + right.remembered,
    local: left.local + right.local,
    service: left.service + right.service,
  }
}

/** What locating did. */
export const LocatingSummary = Schema.Struct({
  addresses: AddressCounts,
  /** Addresses per request, and requests a minute where that is known. Null: without a service. */
  serviceRate: Schema.NullOr(Schema.Struct({ batchSize: Schema.Int, requestsPerMinute: Schema.NullOr(Schema.Number) })),
  /** Why locating stopped before the queue was empty, for people. */
  locatingError: Schema.NullOr(Schema.String),
  /** Why, for programs; absent where its time was up. */
  locatingFailure: Schema.optionalKey(GeoLocatorError),
  milliseconds: Schema.Number,
})
export interface LocatingSummary extends Schema.Schema.Type<typeof LocatingSummary> {}

/** What a run did. */
export const RunSummary = Schema.Struct({
  runId: Schema.Int,
  /** 1, or more when the run was resumed. */
  attempt: Schema.Int,
  source: Schema.String,
  files: Schema.Array(FileSummary),
  /** Of the whole run, earlier attempts included. */
  totals: RecordCounts,
  /** Why records of this attempt were rejected, the most frequent reason first. */
  rejectedFor: Schema.Array(RejectedFor),
  /** More records were rejected than allowed. */
  stopped: Schema.Boolean,
  /** Of this attempt. */
  stages: StageTimes,
  /** Addresses, an error of locating and the time are those of this attempt. */
  ...LocatingSummary.fields,
})
export interface RunSummary extends Schema.Schema.Type<typeof RunSummary> {}

/** The exit code for addresses: 0, or 7 where some of the command's own are pending. */
export const addressExitCode = ({ addresses }: LocatingSummary): 0 | 7 => (addresses.waiting > 0 ? 7 : 0)

/**
 * The exit code: 0, 3 (rejects), 4 (too many rejects), 5 (a file could not be read) or 7 (addresses pending).
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { ColumnMapping, exitCode, Pipeline } from "user-activity-etl"
 *
 * const code = Effect.map(Pipeline.run({ mapping: ColumnMapping.make({ Mail: "email" }) }), exitCode)
 * ```
 */
export const exitCode = (summary: RunSummary): 0 | 3 | 4 | 5 | 7 => {
  if (summary.files.some((file) => file.state === "failed")) return 5
  if (summary.stopped) return 4
  if (summary.totals.rejected > 0) return 3
  return addressExitCode(summary)
}
