// What the history of runs shows: a run, its files, and how each ended.

import { Schema } from "effect"
import { Format } from "./Format.ts"
import { RejectedFor } from "./RejectTally.ts"
import { RecordCounts } from "./RunSummary.ts"
import { StageTimes } from "./StageTimes.ts"

/**
 * Which run: its number, or the latest one that had something to do. Of runs that workers load: the one that was handed
 * over last.
 */
export type RunName = number | "latest"

/** A run as the database keeps it. Times are ISO 8601, in UTC. */
export const RunRecord = Schema.Struct({
  runId: Schema.Int,
  /** The source's URI. */
  source: Schema.String,
  /**
   * `finished`: every file is loaded. `nothing to do`: every file was loaded before. `running`: a process, or a
   * cluster, loads the source. `cancelled`: a person cancelled it; where `endedAt` is null the cluster is still
   * stopping. `unfinished`: no process loads it. `failed`: no process loads it, and it has no file, or read standard
   * input. The same command resumes the last three, except for standard input.
   */
  state: Schema.Literals(["finished", "nothing to do", "running", "cancelled", "unfinished", "failed"]),
  /** The last attempt was handed over to a cluster. */
  cluster: Schema.Boolean,
  force: Schema.Boolean,
  attempts: Schema.Int,
  /** When the first attempt started, and the last one. */
  startedAt: Schema.DateFromString,
  attemptedAt: Schema.DateFromString,
  /** When the last attempt ended; null while it is under way, if its process was killed, or for an earlier version. */
  endedAt: Schema.NullOr(Schema.DateFromString),
  /** When the last file was loaded. */
  finishedAt: Schema.NullOr(Schema.DateFromString),
  /** Of the last attempt, null where `endedAt` is. */
  exitCode: Schema.NullOr(Schema.Int),
  /** Of all attempts that ended, and of the one under way so far; null where there is none. */
  milliseconds: Schema.NullOr(Schema.Int),
  /** As `milliseconds`, without the attempt under way; null where none has ended, or none reported its stages. */
  stages: Schema.NullOr(StageTimes),
  /** Of all attempts; of an unfinished run what is committed so far. */
  totals: RecordCounts,
})
export interface RunRecord extends Schema.Schema.Type<typeof RunRecord> {}

/** A file that a run has loaded, or is to load. A file that a later run has loaded again belongs to that run. */
export const RunFile = Schema.Struct({
  uri: Schema.String,
  /** Bytes as stored; 0 of a file that could not be listed. */
  size: Schema.Int,
  /**
   * `loaded`: to its end. `failed`: it could not be read. `open`: started. `waiting`: not started. `replaced`, `gone`:
   * not loaded to its end, and no run will: a later version was listed, or it was missing when the run finished.
   */
  state: Schema.Literals(["loaded", "failed", "open", "waiting", "replaced", "gone"]),
  /** How its bytes are read; null where its load has not begun, and where an earlier version began it. */
  format: Schema.NullOr(Format),
  /** What is committed so far. */
  counts: RecordCounts,
  /** Why its last attempt failed. */
  error: Schema.NullOr(Schema.String),
})
export interface RunFile extends Schema.Schema.Type<typeof RunFile> {}

/** A run in full. */
export const RunDetails = Schema.Struct({
  ...RunRecord.fields,
  /** In the order of their first listing; then those that could not be listed. */
  files: Schema.Array(RunFile),
  /** Why records were rejected, the most frequent reason first; only rejects that are kept count. */
  rejectedFor: Schema.Array(RejectedFor),
})
export interface RunDetails extends Schema.Schema.Type<typeof RunDetails> {}
