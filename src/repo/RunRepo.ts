// Runs and the files they load: what is started, taken, committed and finished. The contract.

import { Context, type Duration, type Effect, type Option, type Scope } from "effect"
import type { Address } from "../domain/Address.ts"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { Position } from "../domain/Chunk.ts"
import type { Format, GivenFormat } from "../domain/Format.ts"
import type { Share } from "../domain/Lane.ts"
import type { AnswerTally } from "../domain/Location.ts"
import type { Reject } from "../domain/Reject.ts"
import type { RowPlaces } from "../domain/rows/RowPlaces.ts"
import type { RowSet } from "../domain/rows/RowSet.ts"
import type { RecordCounts } from "../domain/RunSummary.ts"
import type { StageTimes } from "../domain/StageTimes.ts"
import type { FileTakenError } from "./FileTakenError.ts"
import type { RunInClusterError } from "./RunInClusterError.ts"
import type { UpsertOutcome, UserRepo, UserShare } from "./UserRepo.ts"

/** One loading of a file by a run. */
export interface LoadRef {
  readonly runId: number
  readonly fileId: number
  /** Which loading of the file it is, from 1. */
  readonly load: number
}

/** A part of a load, for the process that took it last. */
export interface PartRef extends LoadRef {
  /** From 0; a file that is not split has one part. */
  readonly part: number
  /** Grows whenever the file is taken: a process that took the part before writes no more of it. */
  readonly fence: number
}

/** The places of a share's users, as far as they are known. */
export interface ShareLocations {
  /** Answers that need no service. */
  readonly places: RowPlaces
  /** Addresses for a service, unless it has answered them before. Empty without a service. */
  readonly queue: ReadonlyArray<Address>
  /** Answers that are older are requested again; users keep the old place until then. */
  readonly maxAge?: Duration.Duration | undefined
}

/** The outcome of a share. */
export interface ShareOutcome {
  readonly counts: RecordCounts
  /** The users that the store refused; they count as rejected, as do the share's own rejects. */
  readonly refused: ReadonlyArray<Reject>
  /** Addresses of the queue that a service has answered before. */
  readonly remembered: AnswerTally
}

/** A small file whose records are all there, in the load that took it. */
export interface WholeFile extends TakenLoad {
  readonly header: Uint8Array
  readonly format: Format
  readonly rejects: ReadonlyArray<Reject>
}

/** The outcome of files that are committed together. */
export interface FilesOutcome {
  /** Of each file, in their order. */
  readonly counts: ReadonlyArray<RecordCounts>
  /** How many addresses of the queue a service has answered before. */
  readonly remembered: AnswerTally
  /** Those addresses, and whether each has a place. */
  readonly answered: ReadonlyMap<Address, boolean>
}

/** How small files are loaded together: see `RunRepo.smallFiles`. */
export interface SmallFiles {
  /**
   * Locks and takes, for the run, those of the files that no process has, and of which nothing is loaded. Other
   * processes wait for them until the scope closes. Returns them. May be repeated.
   */
  readonly takeFree: <File extends FileIdentity>(
    runId: number,
    request: RunRequest,
    loads: ReadonlyArray<FileLoad<File>>,
  ) => Effect.Effect<ReadonlyArray<FileLoad<File>>, DatabaseError, Scope.Scope>
  /**
   * Commits files whose users are `users`, in the files' order: all of it in one transaction, after which the files are
   * loaded, or nothing. `None`: nothing is committed, as the store refuses a record, or another process has taken a
   * file: load each by itself.
   */
  readonly commit: (
    files: ReadonlyArray<WholeFile>,
    users: RowSet,
    locations: ShareLocations,
  ) => Effect.Effect<Option.Option<FilesOutcome>, DatabaseError>
}

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
  /** What the run says of the files' format; the rest is found for each load, and kept with it. */
  readonly format?: GivenFormat | undefined
  /** Loads files again that an earlier run loaded. */
  readonly force: boolean
}

/** A file of a run, and how far it is loaded. */
export interface FileLoad<File extends FileIdentity> extends LoadRef {
  readonly file: File
  /** The run that loads the file, or loaded it: an earlier one, or this one in an earlier attempt. */
  readonly runId: number
  /**
   * `loaded`: nothing is left to do. `otherMapping`, `otherFormat`: an unfinished load started with another column
   * mapping, or in another format.
   */
  readonly state: "open" | "loaded" | "otherMapping" | "otherFormat"
  /** In which the load began; undefined: it has not begun, or an earlier version began it. */
  readonly format: Format | undefined
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
  /** As it was found when the load began. Undefined: an earlier version began it. */
  readonly format: Format | undefined
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
  readonly format: Format
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

/** Runs, files, checkpoints, rejects and bad values: `etl_runs`, `etl_files`, `etl_checkpoints`, `etl_rejects`, `etl_bad_values`. */
export class RunRepo extends Context.Service<
  RunRepo,
  {
    /**
     * Starts a run, or another attempt of an unfinished one with the same request. Waits, and logs it, while another
     * run loads the source; other runs wait until the scope closes. Standard input (`domain/stdin`) is a new run each
     * time, whose source is a reading, and which waits for none. Fails inside a transaction of the caller, whose
     * rollback would keep what the run commits elsewhere.
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
     * Commits a share of a chunk: `write` writes its users, then its rejects, its users' bad values, its addresses' queue
     * and its lanes' checkpoints at the chunk's end (or the file as loaded) are kept. Where `write` uses the same store, all of it
     * commits in one transaction, or nothing; otherwise the users are written first, and may be written again.
     *
     * The checkpoints must be at the share's beginning; at its end the share is committed already, and nothing is
     * changed. Fails with `FileTakenError` when another process moves them, or has taken the part. Shares of different
     * lanes may be committed at once, those of one lane in the order of the file.
     */
    readonly commit: <E, R>(
      part: PartRef,
      share: Share,
      locations: ShareLocations,
      write: (users: UserShare) => Effect.Effect<UpsertOutcome, E, R>,
    ) => Effect.Effect<ShareOutcome, DatabaseError | FileTakenError | E, R>
    /**
     * Finishes a part whose last chunk is committed; with the last part the file is loaded. May be repeated. Returns
     * the counts of the whole load as far as it is committed, earlier attempts included.
     */
    readonly finishPart: (part: PartRef & Part) => Effect.Effect<RecordCounts, DatabaseError | FileTakenError>
    /**
     * Loads small files together, with an `upsert` that takes records of several files; undefined: each by itself.
     */
    readonly smallFiles?: (upsert: UserRepo["Service"]["upsert"]) => SmallFiles | undefined
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
