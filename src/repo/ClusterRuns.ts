import { Context, type Effect, type Option, type Redacted } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { RunName } from "../domain/RunRecord.ts"
import type { RecordCounts } from "../domain/RunSummary.ts"
import type { NotFound } from "./NotFound.ts"
import type { Attempt, FileIdentity } from "./RunRepo.ts"

/** The last attempt of a run. */
export interface Standing extends Attempt {
  /** The source's URI. */
  readonly source: string
  /** What the cluster calls it; null: the attempt was not handed over. */
  readonly execution: string | null
  /** It has ended, was cancelled, or both. Until it has ended, a cancelled attempt may have chunks under way. */
  readonly isEnded: boolean
  readonly isCancelled: boolean
  /** How it has ended. */
  readonly exitCode: number | null
}

/** A part of a file, or -1: the file, to be split. */
export interface PartOfRun {
  readonly fileId: number
  readonly part: number
}

/** How far a run has come. */
export interface RunProgress {
  readonly files: number
  readonly filesLoaded: number
  /** As stored. */
  readonly bytes: number
  readonly bytesRead: number
  readonly counts: RecordCounts
}

/** What keeps a cluster and those who watch it together, beside `RunRepo`: in `etl_runs`. */
export class ClusterRuns extends Context.Service<
  ClusterRuns,
  {
    /** The server can lock for a cluster: PostgreSQL 14 or newer. */
    readonly checkServer: Effect.Effect<void, DatabaseError>
    /** How many workers have work of the cluster's shards. */
    readonly workers: Effect.Effect<number, DatabaseError>
    /** What only those who may read the database know: by it workers and clients prove that they belong together. */
    readonly key: Effect.Effect<Redacted.Redacted<Uint8Array>, DatabaseError>
    /** Keeps what the attempt is asked for, as JSON. May be repeated. */
    readonly keepJob: (attempt: Attempt, job: string) => Effect.Effect<void, DatabaseError>
    /** What the attempt is asked for; none where another one has begun, or it was not begun for a cluster. */
    readonly job: (attempt: Attempt) => Effect.Effect<Option.Option<string>, DatabaseError>
    /** A file as it was listed; none has another number. */
    readonly file: (fileId: number) => Effect.Effect<Option.Option<FileIdentity>, DatabaseError>
    /** The attempt belongs to a cluster from now on. May be repeated. */
    readonly handOver: (attempt: Attempt, execution: string) => Effect.Effect<void, DatabaseError>
    /** The attempt at the source that was handed over, and has neither ended nor been cancelled. */
    readonly underWay: (source: string) => Effect.Effect<Option.Option<Standing>, DatabaseError>
    /** Whether any is. */
    readonly isAnyUnderWay: Effect.Effect<boolean, DatabaseError>
    /** `latest`: the one that was handed over last. */
    readonly standing: (run: RunName) => Effect.Effect<Standing, DatabaseError | NotFound>
    /** The attempt is to end, if it has not. May be repeated. */
    readonly cancel: (attempt: Attempt) => Effect.Effect<void, DatabaseError>
    /** Why files failed when an earlier attempt tried them is forgotten. May be repeated. */
    readonly forgetErrors: (runId: number) => Effect.Effect<void, DatabaseError>
    /** Keeps what became of a part, as JSON. May be repeated: what is there stays. */
    readonly keepOutcome: (attempt: Attempt, part: PartOfRun, outcome: string) => Effect.Effect<void, DatabaseError>
    /** What became of those parts that have ended. */
    readonly outcomes: (
      attempt: Attempt,
      parts: ReadonlyArray<PartOfRun>,
    ) => Effect.Effect<ReadonlyArray<PartOfRun & { readonly outcome: unknown }>, DatabaseError>
    /** Whether any part has ended since the run has too many rejects. */
    readonly isStopped: (attempt: Attempt) => Effect.Effect<boolean, DatabaseError>
    /** Nobody waits for the parts of the attempt any more. May be repeated. */
    readonly forgetOutcomes: (attempt: Attempt) => Effect.Effect<void, DatabaseError>
    /** Keeps how the attempt ends, as JSON, unless it has ended. May be repeated. */
    readonly keepResult: (attempt: Attempt, result: string) => Effect.Effect<void, DatabaseError>
    /** How the attempt has ended; none where another one has begun, or what ended it kept no result. */
    readonly result: (attempt: Attempt) => Effect.Effect<Option.Option<string>, DatabaseError>
    /**
     * Deletes the messages that the engine keeps of these workflows that nothing needs any more: the execution has
     * ended, and so has the attempt that it belongs to. May be repeated, and interrupted.
     */
    readonly forgetMessages: (workflows: ReadonlyArray<string>) => Effect.Effect<void, DatabaseError>
    readonly progress: (runId: number) => Effect.Effect<RunProgress, DatabaseError>
  }
>()("user-activity-etl/repo/ClusterRuns") {}
