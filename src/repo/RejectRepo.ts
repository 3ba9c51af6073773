// The rejects of runs, to list, export and delete, and the bad values of what was loaded: the contract.

import { Context, type Effect, type Stream } from "effect"
import type { BadValue } from "../domain/BadValue.ts"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { Format } from "../domain/Format.ts"
import type { Reject } from "../domain/Reject.ts"

/** A file with rejects of a run. */
export interface RejectedFile {
  readonly fileId: number
  readonly uri: string
  /** The bytes of its header, without line end and byte order mark; of given names their text in UTF-8. */
  readonly header: Uint8Array
  /** Undefined: an earlier version loaded it. */
  readonly format: Format | undefined
  /** How many rejects of the run it has, and how many bytes of them are kept. */
  readonly rejects: number
  readonly bytes: number
}

/** A reject and its file. */
export interface StoredReject extends Reject {
  readonly file: RejectedFile
}

/** A file with bad values of a run. */
export interface BadValueFile {
  readonly fileId: number
  readonly uri: string
  /** How many of the run it has. */
  readonly values: number
}

/** A value that could not be used, and is null, and its file. */
export interface StoredBadValue extends BadValue {
  readonly file: BadValueFile
}

/** The rejects in `etl_rejects`, and the bad values in `etl_bad_values`. Needs our tables: see `RunHistory`. */
export class RejectRepo extends Context.Service<
  RejectRepo,
  {
    /** Runs that have rejects, the newest first, no more than `limit`. */
    readonly runs: (limit: number) => Effect.Effect<ReadonlyArray<number>, DatabaseError>
    /** The files with rejects of the run, by number. */
    readonly files: (runId: number) => Effect.Effect<ReadonlyArray<RejectedFile>, DatabaseError>
    /**
     * The run's rejects of those files, in the order of the files and of their records, some megabytes at a time.
     * Nothing is held open in between: they may be read as slowly as a person does. What other processes write
     * meanwhile may be among them or not.
     */
    readonly read: (runId: number, files: ReadonlyArray<RejectedFile>) => Stream.Stream<StoredReject, DatabaseError>
    /** As `read`, without the records' bytes. */
    readonly list: (
      runId: number,
      files: ReadonlyArray<RejectedFile>,
    ) => Stream.Stream<Omit<StoredReject, "raw">, DatabaseError>
    /**
     * Deletes the run's rejects, in steps, and returns how many. A failure keeps the steps before it. May be repeated.
     */
    readonly delete: (runId: number) => Effect.Effect<number, DatabaseError>
    /** The same of values that could not be used, and are null; `list` sorts those of a record by column. */
    readonly badValues: {
      readonly runs: (limit: number) => Effect.Effect<ReadonlyArray<number>, DatabaseError>
      readonly files: (runId: number) => Effect.Effect<ReadonlyArray<BadValueFile>, DatabaseError>
      readonly list: (runId: number, files: ReadonlyArray<BadValueFile>) => Stream.Stream<StoredBadValue, DatabaseError>
      readonly delete: (runId: number) => Effect.Effect<number, DatabaseError>
    }
  }
>()("user-activity-etl/repo/RejectRepo") {}
