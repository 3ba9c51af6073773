import { Runtime, Schema, Struct } from "effect"
import { Workflow } from "effect/workflow"
import { AddressCounts, FileSummary, RunSummary } from "../domain/RunSummary.ts"
import { StageTimes } from "../domain/StageTimes.ts"
import { userColumns } from "../domain/User.ts"

// What crosses the cluster, apart from those who do it: references and settings, never rows or credentials.

/** Where files come from, as every worker sees it. */
export const SourceReference = Schema.Union([
  Schema.TaggedStruct("Path", { path: Schema.String }),
  Schema.TaggedStruct("S3", {
    bucket: Schema.String,
    prefix: Schema.String,
    region: Schema.optionalKey(Schema.String),
    endpoint: Schema.optionalKey(Schema.String),
    /** With the credentials that the worker finds. */
    sign: Schema.Boolean,
  }),
])
export type SourceReference = typeof SourceReference.Type

const RejectLimit = Schema.Union([
  Schema.TaggedStruct("Records", { records: Schema.Int }),
  Schema.TaggedStruct("Percent", { percent: Schema.Number }),
])

/** An attempt at a run, and what it was asked for: see `PipelineOptions`. */
export const Job = Schema.Struct({
  runId: Schema.Int,
  attempt: Schema.Int,
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
export type Job = typeof Job.Type

/** As it was listed: see `SourceFile`. */
export const FileReference = Schema.Struct({
  /** Its number in the database. */
  fileId: Schema.Int,
  uri: Schema.String,
  name: Schema.String,
  fingerprint: Schema.String,
  size: Schema.Int,
})
export type FileReference = typeof FileReference.Type

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
  addresses: Schema.Struct(Struct.omit(AddressCounts.fields, ["requests", "refusals", "waiting"])),
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

const keyOf = ({ attempt, runId }: Pick<Job, "attempt" | "runId">): string => `${runId}/${attempt}`

const keyOfFile = ({ file, job }: { readonly job: Job; readonly file: FileReference }): string =>
  // The attempt is part of the key: what failed or was cancelled in one is tried again in the next.
  [keyOf(job), file.fingerprint, file.uri].join("/")

/** Loads the files of a source: one child a file, or a part of it. */
export const LoadRun = Workflow.make("LoadRun", {
  payload: Job.fields,
  success: RunSummary,
  error: RunFailed,
  idempotencyKey: keyOf,
})

/** Cuts a large file into parts. Its outcome are their numbers; none where the file could not be read. */
export const SplitFile = Workflow.make("SplitFile", {
  payload: { job: Job, file: FileReference },
  idempotencyKey: keyOfFile,
})

/** Loads a part of a file; part 0 of a file that nobody has split is all of it. Its outcome is kept in the database. */
export const LoadPart = Workflow.make("LoadPart", {
  payload: { job: Job, file: FileReference, part: Schema.Int },
  idempotencyKey: ({ file, job, part }) => `${part}/${keyOfFile({ file, job })}`,
})
