// What a cluster keeps of its runs: the contract.

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
  /** The engine's id of its execution; null: the attempt was not handed over. */
  readonly execution: string | null
  /** An attempt may be ended, cancelled, or both. Until it is ended, a cancelled one may have chunks under way. */
  readonly isEnded: boolean
  readonly isCancelled: boolean
  /** Null: not ended. */
  readonly exitCode: number | null
}

/** A part of a file, or -1: the file, to be split. */
export interface PartOfRun {
  readonly fileId: number
  readonly part: number
}

/** How far a run is. */
export interface RunProgress {
  readonly files: number
  readonly filesLoaded: number
  /** As stored. */
  readonly bytes: number
  readonly bytesRead: number
  readonly counts: RecordCounts
}

/** What workers and the commands that watch them share, beside `RunRepo`: in `etl_runs`. */
export class ClusterRuns extends Context.Service<
  ClusterRuns,
  {
    /** Fails where the server lacks the locks of a cluster: it needs PostgreSQL 14 or newer. */
    readonly checkServer: Effect.Effect<void, DatabaseError>
    /** How many workers own shards of the cluster. */
    readonly workers: Effect.Effect<number, DatabaseError>
    /** A secret that is readable with the database only: by it workers and clients prove that they belong together. */
    readonly key: Effect.Effect<Redacted.Redacted<Uint8Array>, DatabaseError>
    /** Keeps the attempt's job, as JSON. May be repeated. */
    readonly keepJob: (attempt: Attempt, job: string) => Effect.Effect<void, DatabaseError>
    /** The attempt's job; none where another attempt has started, or this one was not started for a cluster. */
    readonly job: (attempt: Attempt) => Effect.Effect<Option.Option<string>, DatabaseError>
    /** The file of a number, as it was listed. */
    readonly file: (fileId: number) => Effect.Effect<Option.Option<FileIdentity>, DatabaseError>
    /** The attempt belongs to a cluster from now on. May be repeated. */
    readonly handOver: (attempt: Attempt, execution: string) => Effect.Effect<void, DatabaseError>
    /** The attempt at the source that was handed over, and is neither ended nor cancelled. */
    readonly underWay: (source: string) => Effect.Effect<Option.Option<Standing>, DatabaseError>
    /** Whether there is such an attempt at any source. */
    readonly isAnyUnderWay: Effect.Effect<boolean, DatabaseError>
    /** `latest`: the one that was handed over last. */
    readonly standing: (run: RunName) => Effect.Effect<Standing, DatabaseError | NotFound>
    /** Cancels the attempt, unless it has ended. May be repeated. */
    readonly cancel: (attempt: Attempt) => Effect.Effect<void, DatabaseError>
    /** Deletes the errors of files that failed in an earlier attempt. May be repeated. */
    readonly forgetErrors: (runId: number) => Effect.Effect<void, DatabaseError>
    /** Keeps the outcome of a part, as JSON. May be repeated: the first one stays. */
    readonly keepOutcome: (attempt: Attempt, part: PartOfRun, outcome: string) => Effect.Effect<void, DatabaseError>
    /** The outcomes of those parts that have ended. */
    readonly outcomes: (
      attempt: Attempt,
      parts: ReadonlyArray<PartOfRun>,
    ) => Effect.Effect<ReadonlyArray<PartOfRun & { readonly outcome: unknown }>, DatabaseError>
    /** Whether any part ended because the run has too many rejects. */
    readonly isStopped: (attempt: Attempt) => Effect.Effect<boolean, DatabaseError>
    /** Deletes the outcomes of the attempt's parts, which nothing waits for any more. May be repeated. */
    readonly forgetOutcomes: (attempt: Attempt) => Effect.Effect<void, DatabaseError>
    /** Keeps how the attempt ends, as JSON, unless it has ended. May be repeated. */
    readonly keepResult: (attempt: Attempt, result: string) => Effect.Effect<void, DatabaseError>
    /** How the attempt ended; none where another one has started, or where it ended without a result. */
    readonly result: (attempt: Attempt) => Effect.Effect<Option.Option<string>, DatabaseError>
    /**
     * Deletes the engine's messages of these workflows that are no longer needed: those of executions that have ended,
     * of attempts that have ended. May be repeated, and interrupted.
     */
    readonly forgetMessages: (workflows: ReadonlyArray<string>) => Effect.Effect<void, DatabaseError>
    readonly progress: (runId: number) => Effect.Effect<RunProgress, DatabaseError>
  }
>()("user-activity-etl/repo/ClusterRuns") {}
