import { Context, type Effect } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { Position } from "../domain/Chunk.ts"
import type { RecordCounts } from "../domain/RunSummary.ts"
import type { LoadRef } from "./UserRepo.ts"

/** What identifies a file: see `source/Source`. */
export interface FileIdentity {
  readonly uri: string
  readonly fingerprint: string
  readonly size: number
}

export interface RunRequest {
  /** The source's URI: an unfinished run of the same source goes on under its own id. */
  readonly source: string
  /** The column mapping's signature: it belongs to each load. */
  readonly mapping: string
  /** Loads files again that are loaded. */
  readonly force: boolean
}

/** A file of a run, as far as it is loaded. */
export interface FileLoad<File extends FileIdentity> extends LoadRef {
  readonly file: File
  /** The run that loads the file, or has loaded it: this one, where an earlier attempt did. */
  readonly runId: number
  /** `loaded`: nothing is to be done. `otherMapping`: an unfinished load began with another column mapping. */
  readonly state: "open" | "loaded" | "otherMapping"
  /** `loaded` with another column mapping than this run's. */
  readonly isLoadedByOtherMapping: boolean
  /** Where to go on; undefined at the beginning of the file. */
  readonly resume: { readonly position: Position; readonly header: Uint8Array } | undefined
}

/** The history of runs and files: `etl_runs`, `etl_files`. */
export class RunRepo extends Context.Service<
  RunRepo,
  {
    /** Begins a run of the source, or another attempt of one that is not finished. */
    readonly begin: (
      request: RunRequest,
    ) => Effect.Effect<{ readonly runId: number; readonly attempt: number }, DatabaseError>
    /** Numbers the files that are new, in the order given, and tells of each how far it is loaded. May be repeated. */
    readonly register: <File extends FileIdentity>(
      runId: number,
      request: RunRequest,
      files: ReadonlyArray<File>,
    ) => Effect.Effect<ReadonlyArray<FileLoad<File>>, DatabaseError>
    /** The file's last chunk is committed. Gives the counts of the whole load, earlier attempts included. */
    readonly finishFile: (load: LoadRef) => Effect.Effect<RecordCounts, DatabaseError>
    /** What is committed of a load so far. */
    readonly fileCounts: (load: LoadRef) => Effect.Effect<RecordCounts, DatabaseError>
    /** Every file of the run is loaded. */
    readonly finish: (runId: number) => Effect.Effect<void, DatabaseError>
  }
>()("user-activity-etl/repo/RunRepo") {}
