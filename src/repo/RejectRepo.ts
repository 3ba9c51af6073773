import { Context, type Effect, type Stream } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { Reject } from "../domain/Reject.ts"

/** A file with rejects of a run. */
export interface RejectedFile {
  readonly fileId: number
  readonly uri: string
  /** The bytes of its header, without line end and byte order mark. */
  readonly header: Uint8Array
  /** How many rejects of the run it has, and how many bytes of them are kept. */
  readonly rejects: number
  readonly bytes: number
}

/** A reject, and the file that it is of. */
export interface StoredReject extends Reject {
  readonly file: RejectedFile
}

/** What `etl_rejects` keeps. Needs our tables: see `RunHistory`. */
export class RejectRepo extends Context.Service<
  RejectRepo,
  {
    /** Runs that have rejects, the newest first, no more than `limit`. */
    readonly runs: (limit: number) => Effect.Effect<ReadonlyArray<number>, DatabaseError>
    /** The files with rejects of the run, by number. */
    readonly files: (runId: number) => Effect.Effect<ReadonlyArray<RejectedFile>, DatabaseError>
    /**
     * The run's rejects of those files, in the files' order and each file's own, some megabytes at a time. Nothing is
     * held open between them: they may be taken as slowly as a person reads. What other processes write meanwhile may
     * be among them or not.
     */
    readonly read: (runId: number, files: ReadonlyArray<RejectedFile>) => Stream.Stream<StoredReject, DatabaseError>
    /** As `read`, without the records' bytes. */
    readonly list: (
      runId: number,
      files: ReadonlyArray<RejectedFile>,
    ) => Stream.Stream<Omit<StoredReject, "raw">, DatabaseError>
    /** Deletes the run's rejects and says how many. In steps: what it did before it failed is done. May be repeated. */
    readonly delete: (runId: number) => Effect.Effect<number, DatabaseError>
  }
>()("user-activity-etl/repo/RejectRepo") {}
