// The users table, and what is committed together with it: the contract.

import { Context, type Duration, type Effect } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { FileTakenError } from "./FileTakenError.ts"
import type { Address } from "../domain/Address.ts"
import type { Share } from "../domain/Lane.ts"
import type { AnswerTally, Location } from "../domain/Location.ts"
import type { Reject } from "../domain/Reject.ts"
import type { RecordCounts } from "../domain/RunSummary.ts"

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
  /** Answers that need no service, by address. */
  readonly known: ReadonlyMap<Address, Location>
  /** Addresses for a service, unless `ip_locations` has the answer. Empty without a service. */
  readonly queue: ReadonlyArray<Address>
  /** Answers in `ip_locations` that are older are requested again; users keep the old place until then. */
  readonly maxAge?: Duration.Duration | undefined
}

/** The outcome of a share. */
export interface ShareOutcome {
  readonly counts: RecordCounts
  /** The users that the database refused; they count as rejected, as do the share's own rejects. */
  readonly refused: ReadonlyArray<Reject>
  /** Addresses of the queue that a service has answered before. */
  readonly remembered: AnswerTally
}

/** The users table, and what is committed together with it. */
export class UserRepo extends Context.Service<
  UserRepo,
  {
    /** For people: `PostgreSQL user_activity at localhost:5432`, `embedded PostgreSQL in .etl/pgdata`. No password. */
    readonly name: string
    /** How many shares it can write at once, 1 to 16. */
    readonly connections: number
    /**
     * Creates or upgrades the tables. May be repeated, also by several processes at once. No data of a user is ever
     * dropped.
     */
    readonly migrate: Effect.Effect<void, DatabaseError>
    /**
     * Writes a share of a chunk in one transaction: its users (the last version wins, equal rows are not written), its
     * rejects, its addresses' queue and its lanes' checkpoints at the chunk's end, or the file as loaded. All of it, or
     * nothing when it fails. Records that the database refuses (a constraint, a trigger) are rejected alone.
     *
     * The checkpoints must be at the share's beginning; at its end the share is committed already, and nothing is
     * changed. Fails with `FileTakenError` when another process moves them, or has taken the part. Shares of different
     * lanes may be written at once, those of one lane in the order of the file.
     */
    readonly upsert: (
      part: PartRef,
      share: Share,
      locations: ShareLocations,
    ) => Effect.Effect<ShareOutcome, DatabaseError | FileTakenError>
  }
>()("user-activity-etl/repo/UserRepo") {}
