// Runs and the files they load: what is started, taken, loaded and finished. The contract.

import { Context, type Effect, type Scope } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { Position } from "../domain/Chunk.ts"
import type { RecordCounts } from "../domain/RunSummary.ts"
import type { StageTimes } from "../domain/StageTimes.ts"
import type { FileTakenError } from "./FileTakenError.ts"
import type { RunInClusterError } from "./RunInClusterError.ts"
import type { LoadRef, PartRef } from "./UserRepo.ts"

/** Identifies a file: see `domain/SourceFile`. */
export interface FileIdentity {
  readonly uri: string
  readonly fingerprint: string
  readonly size: number
}

export interface RunRequest {
  /** The source's URI. */
  readonly source: string
  /** The column mapping's signature, which is kept with each load. */
  readonly mapping: string
  /** Loads files again that an earlier run loaded. */
  readonly force: boolean
}

/** A file of a run, and how far it is loaded. */
export interface FileLoad<File extends FileIdentity> extends LoadRef {
  readonly file: File
  /** The run that loads the file, or loaded it: an earlier one, or this one in an earlier attempt. */
  readonly runId: number
  /** `loaded`: nothing is left to do. `otherMapping`: an unfinished load started with another column mapping. */
  readonly state: "open" | "loaded" | "otherMapping"
  /** `loaded`, with another column mapping than this run's. */
  readonly isLoadedByOtherMapping: boolean
  /** What is left to load, in the file's order: one part, where the file is not split. */
  readonly parts: ReadonlyArray<Part>
  /** See `PartRef`. */
  readonly fence: number
}

/** A registered file, however far it is loaded. */
export type RegisteredFile<File extends FileIdentity> = Pick<FileLoad<File>, "file" | "fileId">

/** The load of a file, for the process that took it last. */
export type TakenLoad = Omit<PartRef, "part">

/** Consecutive records of a file that are loaded by themselves. */
export interface Part {
  readonly part: number
  /** Where to resume; undefined: start at the beginning of the file. */
  readonly resume: Resume | undefined
}

/** A part, and the load that it belongs to. */
export type PartLoad<File extends FileIdentity> = FileLoad<File> & Part

/** How far an unfinished part is loaded. */
export interface Resume {
  /** The checkpoint of the earliest lane. */
  readonly position: Position
  /** The checkpoint of each lane, by number. */
  readonly lanes: ReadonlyArray<Position>
  /** The byte before which the part ends; undefined: the file's end. */
  readonly end: number | undefined
  readonly header: Uint8Array
  /**
   * Kept for the whole load: with another one a record might be both loaded and rejected, or neither. Undefined: any
   * value is correct.
   */
  readonly maxRecordSize: number | undefined
}

/** What is kept with a load from its first record on. */
export interface Beginning {
  /** The bytes of the file's header, without its line end. */
  readonly header: Uint8Array
  /** Where each part begins, and the byte before which it ends; undefined: the file's end. */
  readonly parts: ReadonlyArray<{ readonly start: Position; readonly end: number | undefined }>
  readonly maxRecordSize: number
}

/** A file that cannot be read. */
export interface FileProblem {
  readonly uri: string
  readonly error: string
}

/** An attempt of a run; the first is 1. */
export interface Attempt {
  readonly runId: number
  readonly attempt: number
}

/** How an attempt of a run ends. */
export interface Ending {
  readonly isFinished: boolean
  readonly exitCode: number
  /** Of this attempt, as `stages`; the sums over all attempts are kept. */
  readonly milliseconds: number
  readonly stages: StageTimes
}

/** Runs and files: `etl_runs`, `etl_files`. */
export class RunRepo extends Context.Service<
  RunRepo,
  {
    /**
     * Starts a run, or another attempt of an unfinished one with the same request. Waits, and logs it, while another
     * process loads the source; other processes wait until the scope closes.
     */
    readonly begin: (request: RunRequest) => Effect.Effect<Attempt, DatabaseError | RunInClusterError, Scope.Scope>
    /** Numbers new files, in the order given, and returns how far each file is loaded. May be repeated. */
    readonly register: <File extends FileIdentity>(
      runId: number,
      request: RunRequest,
      files: ReadonlyArray<File>,
    ) => Effect.Effect<ReadonlyArray<FileLoad<File>>, DatabaseError>
    /** Keeps why listed files cannot be read, until the run's next attempt. May be repeated. */
    readonly keepProblems: (runId: number, problems: ReadonlyArray<FileProblem>) => Effect.Effect<void, DatabaseError>
    /** What the run has committed, except of files of which a later version was registered. */
    readonly committed: (runId: number) => Effect.Effect<RecordCounts, DatabaseError>
    /**
     * Waits, and logs it, while another process has the file's lock; other processes wait until the scope closes. Those
     * that share the lock do not wait for each other.
     */
    readonly lock: (
      load: RegisteredFile<FileIdentity>,
      sharing?: "shared",
    ) => Effect.Effect<void, DatabaseError, Scope.Scope>
    /**
     * Takes a file, or one part of it, for the run, and returns how far it is loaded. A process that took it before
     * writes no more of it. With `force` a file that an earlier run loaded, or that was started with another mapping,
     * starts from the beginning.
     */
    readonly take: <File extends FileIdentity>(
      runId: number,
      request: RunRequest,
      load: RegisteredFile<File>,
      part?: number,
    ) => Effect.Effect<FileLoad<File>, DatabaseError | FileTakenError>
    /** Starts the load: the checkpoints of its parts are at their first records. May be repeated. */
    readonly beginFile: (load: TakenLoad, beginning: Beginning) => Effect.Effect<void, DatabaseError>
    /**
     * Finishes a part whose last chunk is committed; with the last part the file is loaded. May be repeated. Returns
     * the counts of the whole load as far as it is committed, earlier attempts included.
     */
    readonly finishPart: (part: PartRef & Part) => Effect.Effect<RecordCounts, DatabaseError | FileTakenError>
    /** Keeps why the file cannot be read to its end, until it is taken again. May be repeated. */
    readonly failFile: (load: TakenLoad, error: string) => Effect.Effect<void, DatabaseError | FileTakenError>
    /** The counts of what is committed of a load. */
    readonly fileCounts: (load: LoadRef) => Effect.Effect<RecordCounts, DatabaseError>
    /** The counts of what the run has committed, over all attempts. */
    readonly totals: (runId: number) => Effect.Effect<RecordCounts, DatabaseError>
    /**
     * Ends the attempt, and the run where every file is loaded. Keeps its totals and how it ended. May be repeated.
     * Changes nothing once another attempt has started: a process that was believed dead does not end that one.
     */
    readonly end: (attempt: Attempt, ending: Ending) => Effect.Effect<void, DatabaseError>
  }
>()("user-activity-etl/repo/RunRepo") {}
