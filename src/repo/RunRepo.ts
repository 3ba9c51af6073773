import { Context, type Effect, type Scope } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { Position } from "../domain/Chunk.ts"
import type { RecordCounts } from "../domain/RunSummary.ts"
import type { StageTimes } from "../domain/StageTimes.ts"
import type { FileTakenError } from "./FileTakenError.ts"
import type { RunInClusterError } from "./RunInClusterError.ts"
import type { LoadRef, PartRef } from "./UserRepo.ts"

/** What identifies a file: see `domain/SourceFile`. */
export interface FileIdentity {
  readonly uri: string
  readonly fingerprint: string
  readonly size: number
}

export interface RunRequest {
  /** The source's URI. */
  readonly source: string
  /** The column mapping's signature: it belongs to each load. */
  readonly mapping: string
  /** Loads files again that an earlier run has loaded. */
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
  /** What is left to load, in the file's order: one part, where nobody has split it. */
  readonly parts: ReadonlyArray<Part>
  /** See `PartRef`. */
  readonly fence: number
}

/** A file that is registered, however far it is loaded. */
export type RegisteredFile<File extends FileIdentity> = Pick<FileLoad<File>, "file" | "fileId">

/** The load of a file, as whoever has taken it last knows it. */
export type TakenLoad = Omit<PartRef, "part">

/** Consecutive records of a file that are loaded by themselves. */
export interface Part {
  readonly part: number
  /** Where to go on; undefined: at the beginning of the file. */
  readonly resume: Resume | undefined
}

/** A part, and the load that it belongs to. */
export type PartLoad<File extends FileIdentity> = FileLoad<File> & Part

/** How far an unfinished part has come. */
export interface Resume {
  /** Where the earliest lane stands. */
  readonly position: Position
  /** Where each lane stands, by number. */
  readonly lanes: ReadonlyArray<Position>
  /** The byte before which the part ends; undefined: the file's end. */
  readonly end: number | undefined
  readonly header: Uint8Array
  /**
   * Belongs to the load: by another one a record might be rejected that is loaded already, or be neither. Undefined: any
   * will do.
   */
  readonly maxRecordSize: number | undefined
}

/** What belongs to a load from its first record on. */
export interface Beginning {
  /** The bytes of the file's header, without its line end. */
  readonly header: Uint8Array
  /** Where each part begins, and the byte before which it ends; undefined: the file's end. */
  readonly parts: ReadonlyArray<{ readonly start: Position; readonly end: number | undefined }>
  readonly maxRecordSize: number
}

/** A file that cannot be read, and why. */
export interface FileProblem {
  readonly uri: string
  readonly error: string
}

/** An attempt at a run, from 1. */
export interface Attempt {
  readonly runId: number
  readonly attempt: number
}

/** How an attempt of a run ends. */
export interface Ending {
  readonly isFinished: boolean
  readonly exitCode: number
  /** Of this attempt; kept are the sums over all of them. */
  readonly milliseconds: number
  readonly stages: StageTimes
}

/** The history of runs and files: `etl_runs`, `etl_files`. */
export class RunRepo extends Context.Service<
  RunRepo,
  {
    /**
     * Begins a run, or another attempt of one that was asked for the same and is not finished. Waits, and says so, while
     * another process loads the source; others wait until the scope closes.
     */
    readonly begin: (request: RunRequest) => Effect.Effect<Attempt, DatabaseError | RunInClusterError, Scope.Scope>
    /** Numbers the files that are new, in the order given, and tells of each how far it is loaded. May be repeated. */
    readonly register: <File extends FileIdentity>(
      runId: number,
      request: RunRequest,
      files: ReadonlyArray<File>,
    ) => Effect.Effect<ReadonlyArray<FileLoad<File>>, DatabaseError>
    /** Keeps why files of the source cannot be read, as their listing shows, until the run's next attempt. May be repeated. */
    readonly keepProblems: (runId: number, problems: ReadonlyArray<FileProblem>) => Effect.Effect<void, DatabaseError>
    /** What the run has committed, but for files of which a later version was registered. */
    readonly committed: (runId: number) => Effect.Effect<RecordCounts, DatabaseError>
    /**
     * Waits, and says so, while another process has the file's lock; others wait until the scope closes, but not those who
     * share it, if this one does.
     */
    readonly lock: (
      load: RegisteredFile<FileIdentity>,
      sharing?: "shared",
    ) => Effect.Effect<void, DatabaseError, Scope.Scope>
    /**
     * Takes a file, or one part of it, for the run, and tells how far that is loaded by now. Nothing more is written by
     * those who took it before. With `force` a file that an earlier run has loaded, or that was begun with another
     * mapping, begins anew.
     */
    readonly take: <File extends FileIdentity>(
      runId: number,
      request: RunRequest,
      load: RegisteredFile<File>,
      part?: number,
    ) => Effect.Effect<FileLoad<File>, DatabaseError | FileTakenError>
    /** The load begins: the lanes of its parts stand at their first records. May be repeated. */
    readonly beginFile: (load: TakenLoad, beginning: Beginning) => Effect.Effect<void, DatabaseError>
    /**
     * The part's last chunk is committed; with the last part the file is loaded. May be repeated. Gives the counts of the
     * whole load as far as it is committed, earlier attempts included.
     */
    readonly finishPart: (part: PartRef & Part) => Effect.Effect<RecordCounts, DatabaseError | FileTakenError>
    /** The file cannot be read to its end: keeps why, until it is taken again. May be repeated. */
    readonly failFile: (load: TakenLoad, error: string) => Effect.Effect<void, DatabaseError | FileTakenError>
    /** What is committed of a load so far. */
    readonly fileCounts: (load: LoadRef) => Effect.Effect<RecordCounts, DatabaseError>
    /** What the run has committed: the totals of all attempts. */
    readonly totals: (runId: number) => Effect.Effect<RecordCounts, DatabaseError>
    /**
     * The attempt ends; the run too, where every file is loaded. Keeps its totals and how it ended. May be repeated.
     * Changes nothing once another attempt has begun: a process that was believed dead does not end it.
     */
    readonly end: (attempt: Attempt, ending: Ending) => Effect.Effect<void, DatabaseError>
  }
>()("user-activity-etl/repo/RunRepo") {}
