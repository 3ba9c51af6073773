import { Schema } from "effect"

/** How many records ended in each way. `read` is the sum of the others. */
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
})
export type RecordCounts = typeof RecordCounts.Type

export const noRecords: RecordCounts = {
  read: 0,
  inserted: 0,
  updated: 0,
  unchanged: 0,
  stale: 0,
  duplicate: 0,
  rejected: 0,
}

export const addCounts = (left: RecordCounts, right: RecordCounts): RecordCounts => ({
  read: left.read + right.read,
  inserted: left.inserted + right.inserted,
  updated: left.updated + right.updated,
  unchanged: left.unchanged + right.unchanged,
  stale: left.stale + right.stale,
  duplicate: left.duplicate + right.duplicate,
  rejected: left.rejected + right.rejected,
})

/** Records that ended as none of the outcomes, or as two: anything but 0 is a defect of the program. */
export const unaccounted = (counts: RecordCounts): number =>
  counts.read -
  (counts.inserted + counts.updated + counts.unchanged + counts.stale + counts.duplicate + counts.rejected)

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
  /** Why it failed. */
  error: Schema.NullOr(Schema.String),
})
export type FileSummary = typeof FileSummary.Type

/** What became of the addresses of this attempt. */
export const AddressCounts = Schema.Struct({
  located: Schema.Int,
  /** Without a location: special ranges, and what no locator knows. */
  unlocatable: Schema.Int,
  /** Why they are, and how many: `private`, `multicast`, ..., `unknown`. */
  reasons: Schema.Record(Schema.String, Schema.Int),
  /** In the queue at the end, those of earlier runs included. */
  waiting: Schema.Int,
})
export type AddressCounts = typeof AddressCounts.Type

/** Addresses that have been answered. */
export type AnsweredCounts = Omit<AddressCounts, "waiting">

export const noAddresses: AnsweredCounts = { located: 0, unlocatable: 0, reasons: {} }

/** Counts more of them: so many located, and the others' reasons. */
export const countAnswers = (
  counts: AnsweredCounts,
  located: number,
  reasons: ReadonlyArray<string>,
): AnsweredCounts => {
  const sums = { ...counts.reasons }
  for (const reason of reasons) sums[reason] = (sums[reason] ?? 0) + 1
  return { located: counts.located + located, unlocatable: counts.unlocatable + reasons.length, reasons: sums }
}

/** What a run did. */
export const RunSummary = Schema.Struct({
  runId: Schema.Int,
  /** 1, or more when the run was resumed. */
  attempt: Schema.Int,
  source: Schema.String,
  files: Schema.Array(FileSummary),
  /** Of the whole run, earlier attempts included. */
  totals: RecordCounts,
  /** More records were rejected than may be. */
  stopped: Schema.Boolean,
  addresses: AddressCounts,
  /** Why locating ended before the queue was empty. */
  locatingError: Schema.NullOr(Schema.String),
  /** Of this attempt. */
  milliseconds: Schema.Number,
})
export type RunSummary = typeof RunSummary.Type

/** What a scheduler is told: 0, 3 (rejects), 4 (too many), 5 (a file could not be read) or 7 (addresses wait). */
export const exitCode = (summary: RunSummary): 0 | 3 | 4 | 5 | 7 => {
  if (summary.files.some((file) => file.state === "failed")) return 5
  if (summary.stopped) return 4
  if (summary.totals.rejected > 0) return 3
  return summary.addresses.waiting > 0 ? 7 : 0
}
