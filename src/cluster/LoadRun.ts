import { Runtime, Schema, Struct } from "effect"
import { Workflow } from "effect/workflow"
import { AddressCounts, FileSummary, RunSummary } from "../domain/RunSummary.ts"
import { StageTimes } from "../domain/StageTimes.ts"
import { userColumns } from "../domain/User.ts"
import type { Attempt } from "../repo/RunRepo.ts"

// What crosses the cluster, apart from those who do it: numbers, by which a worker finds all else in the database.

/**
 * Where files come from, as every worker sees it: a kind of sources and what that kind says, without credentials. What a
 * `Path` names is a directory or a file; whoever makes `Sources` knows the kinds.
 */
export const SourceReference = Schema.StructWithRest(Schema.Struct({ _tag: Schema.String }), [
  Schema.Record(Schema.String, Schema.Json),
])
export type SourceReference = typeof SourceReference.Type

const RejectLimit = Schema.Union([
  Schema.TaggedStruct("Records", { records: Schema.Int }),
  Schema.TaggedStruct("Percent", { percent: Schema.Number }),
])

/** What a run was asked for, as the client keeps it in the database: see `PipelineOptions`. Never credentials. */
export const JobSettings = Schema.Struct({
  source: SourceReference,
  mapping: Schema.Array(Schema.Tuple([Schema.String, Schema.Literals(userColumns)])),
  delimiter: Schema.String,
  chunkSize: Schema.Int,
  maxRecordSize: Schema.Int,
  maxRejects: RejectLimit,
  force: Schema.Boolean,
  /** Milliseconds; null: never asked again. */
  locationsMaxAge: Schema.NullOr(Schema.Number),
  /** Bytes: a larger file is loaded in parts of about that size. */
  splitSize: Schema.Int,
})
export type JobSettings = typeof JobSettings.Type

const attempt = { runId: Schema.Int, attempt: Schema.Int }

/** An attempt at a run, and what it was asked for. */
export type Job = Attempt & JobSettings

/** The attempt has ended, and not well. */
export class RunFailed extends Schema.TaggedError<RunFailed>()("RunFailed", {
  message: Schema.String,
  exitCode: Schema.Int,
}) {
  override readonly [Runtime.errorExitCode] = this.exitCode
}

/** What a worker has done of a part. */
export const PartLoaded = Schema.Struct({
  ...Struct.pick(FileSummary.fields, ["state", "located", "queued", "milliseconds"]),
  stages: StageTimes,
  addresses: Schema.Struct(Struct.omit(AddressCounts.fields, ["requests", "refusals", "waiting", "waitingForOthers"])),
  /** The run has more rejects than it may have. */
  isStopped: Schema.Boolean,
})
export type PartLoaded = typeof PartLoaded.Type

/** What became of a part, or of a file that was to be split: kept for the run that waits for it. */
export const PartOutcome = Schema.Union([
  Schema.TaggedStruct("Loaded", { loaded: PartLoaded }),
  Schema.TaggedStruct("Split", { parts: Schema.Array(Schema.Int) }),
  Schema.TaggedStruct("Failed", { failure: RunFailed }),
])
export type PartOutcome = typeof PartOutcome.Type

/** How an attempt has ended: kept for those who follow it. */
export const RunResult = Schema.Union([
  Schema.TaggedStruct("Loaded", { summary: RunSummary }),
  Schema.TaggedStruct("Failed", { failure: RunFailed }),
])
export type RunResult = typeof RunResult.Type

/** The attempt is part of each key: what failed or was cancelled in one is tried again in the next. */
const keyOf = ({ attempt, runId }: Attempt): string => `${runId}/${attempt}`

/** Loads the files of a source: one child a file, or a part of it. */
export const LoadRun = Workflow.make("LoadRun", {
  payload: attempt,
  success: RunSummary,
  error: RunFailed,
  idempotencyKey: keyOf,
})

/** Cuts a large file into parts. Its outcome are their numbers; none where the file could not be read. */
export const SplitFile = Workflow.make("SplitFile", {
  payload: { ...attempt, fileId: Schema.Int },
  idempotencyKey: (payload) => `${keyOf(payload)}/${payload.fileId}`,
})

/** Loads a part of a file; part 0 of a file that nobody has split is all of it. Its outcome is kept in the database. */
export const LoadPart = Workflow.make("LoadPart", {
  payload: { ...attempt, fileId: Schema.Int, part: Schema.Int },
  idempotencyKey: (payload) => `${keyOf(payload)}/${payload.fileId}/${payload.part}`,
})
