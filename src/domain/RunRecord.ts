import { Schema } from "effect"
import { RejectedFor } from "./RejectTally.ts"
import { RecordCounts } from "./RunSummary.ts"
import { StageTimes } from "./StageTimes.ts"

/**
 * Which run: its number, or the one that was tried last and had something to do. Of runs that workers load: the one that
 * was handed over last.
 */
export type RunName = number | "latest"

/** What is kept of a run. Times are ISO 8601, in UTC. */
export const RunRecord = Schema.Struct({
  runId: Schema.Int,
  /** The source's URI. */
  source: Schema.String,
  /**
   * `finished`: every file is loaded. `nothing to do`: every file was loaded before. `running`: a process, or a cluster,
   * loads the source. `cancelled`: the cluster was told to stop, and does where `endedAt` is null. `unfinished`: none loads
   * it. `failed`: none loads it, and no file belongs to it. Of the last three the same command goes on.
   */
  state: Schema.Literals(["finished", "nothing to do", "running", "cancelled", "unfinished", "failed"]),
  /** The last attempt was handed over to a cluster. */
  cluster: Schema.Boolean,
  force: Schema.Boolean,
  attempts: Schema.Int,
  /** When the first attempt began, and the last one. */
  startedAt: Schema.DateFromString,
  attemptedAt: Schema.DateFromString,
  /** When the last attempt ended; null while it is under way, where it did not live to tell, or an earlier version made it. */
  endedAt: Schema.NullOr(Schema.DateFromString),
  /** When the last file was loaded. */
  finishedAt: Schema.NullOr(Schema.DateFromString),
  /** Of the last attempt, null where `endedAt` is. */
  exitCode: Schema.NullOr(Schema.Int),
  /** All attempts together that lived to tell, and the one under way so far; null where there is none. */
  milliseconds: Schema.NullOr(Schema.Int),
  /** As `milliseconds`, without the attempt under way; null where none has ended, or told of any. */
  stages: Schema.NullOr(StageTimes),
  /** Of all attempts; of an unfinished run those that are committed by now. */
  totals: RecordCounts,
})
export type RunRecord = typeof RunRecord.Type

/** A file that a run has loaded, or is to load. One that a later run has loaded again is among the files of that run. */
export const RunFile = Schema.Struct({
  uri: Schema.String,
  /** Bytes as stored; 0 of one that could not even be listed. */
  size: Schema.Int,
  /**
   * `loaded`: to its end. `failed`: it could not be read. `open`: begun. `waiting`: not begun. `replaced`, `gone`: not loaded to
   * its end, and nobody will: a later version of it was listed, or it was not there any more when the run was finished.
   */
  state: Schema.Literals(["loaded", "failed", "open", "waiting", "replaced", "gone"]),
  /** What is committed. */
  counts: RecordCounts,
  /** Why it failed when it was tried last. */
  error: Schema.NullOr(Schema.String),
})
export type RunFile = typeof RunFile.Type

/** A run in full. */
export const RunDetails = Schema.Struct({
  ...RunRecord.fields,
  /** In the order in which they were listed first; then those that could not be. */
  files: Schema.Array(RunFile),
  /** Why records were rejected, most frequent reason first, as far as their rejects are kept. */
  rejectedFor: Schema.Array(RejectedFor),
})
export type RunDetails = typeof RunDetails.Type
