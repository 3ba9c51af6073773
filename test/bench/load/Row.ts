// What a row of `npm run bench` measures.

import type { Input } from "./inputs.ts"

/** One load, or what a command does after it, in a new database. */
export interface Load {
  readonly input: Input
  /** What the database has before. */
  readonly stored?: Input
  readonly chunkSize?: number
  readonly geo?: "none" | "mmdb"
  readonly flags?: ReadonlyArray<string>
  /** Exit codes that are as they should be; 0 without it. */
  readonly codes?: ReadonlyArray<number>
  /** Users that are stored are located: no file is loaded. */
  readonly isLocating?: boolean
  /** The files are in a bucket, whose store takes 20 ms for each request. */
  readonly isInBucket?: boolean
  /** Into the database in a folder, not into a server. */
  readonly isEmbedded?: boolean
}

/** At most, but for the rate. They are for inputs in full size. */
export interface Goals {
  /** Seconds of ours to the other's. */
  readonly ratio?: number
  readonly seconds?: number
  /** At least. */
  readonly recordsPerSecond?: number
  /** Of our process, for a million records. */
  readonly processorSeconds?: number
  /** Of our process at its peak, in MiB. */
  readonly memory?: number
}

export interface Row {
  /** How it is chosen. */
  readonly name: string
  readonly work: string
  readonly load: Load
  /** What it is compared with: an expert's psql or another checkout of the project, doing the same; or another load of ours. */
  readonly against?: "psql" | "baseline" | Load
  readonly goals: Goals
  /** How often both are measured, in turns: an odd number; 5 without it. */
  readonly pairs?: number
  /** `max_wal_size` of the server meanwhile. */
  readonly maxWalSize?: string
}

/** What a load took. */
export interface Figures {
  /** From the process's start to its end. */
  readonly seconds: number
  /** Processor time of our process. */
  readonly processorSeconds?: number
  /** The most resident memory of our process, in MiB. */
  readonly memory?: number
  readonly server?: {
    /** Processor time of all of its processes. */
    readonly processorSeconds: number
    /** Write-ahead log, in bytes. */
    readonly wal: number
  }
}

/** Both sides of a row, measured one right after the other. */
export interface Pair {
  readonly ours: Figures
  readonly theirs?: Figures
}
