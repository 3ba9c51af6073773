// The messages of a cluster: numbers, by which a worker finds all else in the database.

import { Runtime, Schema, Struct } from "effect"
import { Workflow } from "effect/workflow"
import { FormatOptions } from "../domain/FormatOptions.ts"
import { MappedColumn } from "../domain/MappedColumn.ts"
import { Target } from "../domain/Target.ts"
import { AddressCounts, FileSummary, RunSummary } from "../domain/RunSummary.ts"
import { StageTimes } from "../domain/StageTimes.ts"
import type { Attempt } from "../repo/RunRepo.ts"

/**
 * The source, as every worker can open it: its kind and the settings of that kind, without credentials. A `Path` is a
 * directory or a file; `Sources` knows the kinds.
 */
export const SourceReference = Schema.StructWithRest(Schema.Struct({ _tag: Schema.String }), [
  Schema.Record(Schema.String, Schema.Json),
])
export type SourceReference = typeof SourceReference.Type

const RejectLimit = Schema.Union([
  Schema.TaggedStruct("Records", { records: Schema.Int }),
  Schema.TaggedStruct("Percent", { percent: Schema.Number }),
])

/** The request of a run, as the client keeps it in the database: see `PipelineOptions`. Never credentials. */
export const JobSettings = Schema.Struct({
  source: SourceReference,
  mapping: Schema.Array(Schema.Tuple([Schema.String, Schema.Union([Target, MappedColumn])])),
  /** Of a job that an earlier version of `etl` handed over, in place of `format`. */
  delimiter: Schema.optionalKey(Schema.NullOr(Schema.String)),
  format: Schema.optionalKey(FormatOptions),
  chunkSize: Schema.Int,
  maxRecordSize: Schema.Int,
  maxRejects: RejectLimit,
  force: Schema.Boolean,
  /** Milliseconds; null: answers do not expire. */
  locationsMaxAge: Schema.NullOr(Schema.Number),
  /** Bytes: a larger file is loaded in parts of about that size. */
  splitSize: Schema.Int,
})
export type JobSettings = typeof JobSettings.Type

const attempt = { runId: Schema.Int, attempt: Schema.Int }

/** An attempt of a run, and its request. */
export type Job = Attempt & JobSettings

/** The attempt has failed, or is cancelled or over. */
export class RunFailed extends Schema.TaggedError<RunFailed>()("RunFailed", {
  message: Schema.String,
  exitCode: Schema.Int,
}) {
  override readonly [Runtime.errorExitCode] = this.exitCode
}

/** A loaded part. */
export const PartLoaded = Schema.Struct({
  ...Struct.pick(FileSummary.fields, ["state", "located", "queued", "milliseconds"]),
  stages: StageTimes,
  addresses: Schema.Struct(Struct.omit(AddressCounts.fields, ["requests", "refusals", "waiting", "waitingForOthers"])),
  /** The run has more rejects than it may have. */
  isStopped: Schema.Boolean,
})
export type PartLoaded = typeof PartLoaded.Type

/** The outcome of a part, or of a file to be split: kept for the run that waits for it. */
export const PartOutcome = Schema.Union([
  Schema.TaggedStruct("Loaded", { loaded: PartLoaded }),
  Schema.TaggedStruct("Split", { parts: Schema.Array(Schema.Int) }),
  Schema.TaggedStruct("Failed", { failure: RunFailed }),
])
export type PartOutcome = typeof PartOutcome.Type

/** How an attempt ended: kept for the commands that follow it. */
export const RunResult = Schema.Union([
  Schema.TaggedStruct("Loaded", { summary: RunSummary }),
  Schema.TaggedStruct("Failed", { failure: RunFailed }),
])
export type RunResult = typeof RunResult.Type

/** The attempt is part of each key: what failed or was cancelled in one is started again in the next. */
const keyOf = ({ attempt, runId }: Attempt): string => `${runId}/${attempt}`

/** Loads the files of a source: one child a file, or a part of it. */
export const LoadRun = Workflow.make("LoadRun", {
  payload: attempt,
  success: RunSummary,
  error: RunFailed,
  idempotencyKey: keyOf,
})

/** Splits a large file into parts. Its outcome is their numbers; none where the file could not be read. */
export const SplitFile = Workflow.make("SplitFile", {
  payload: { ...attempt, fileId: Schema.Int },
  idempotencyKey: (payload) => `${keyOf(payload)}/${payload.fileId}`,
})

/** Loads a part of a file; part 0 of a file that is not split is all of it. Its outcome is kept in the database. */
export const LoadPart = Workflow.make("LoadPart", {
  payload: { ...attempt, fileId: Schema.Int, part: Schema.Int },
  idempotencyKey: (payload) => `${keyOf(payload)}/${payload.fileId}/${payload.part}`,
})
