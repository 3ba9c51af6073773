// The users: what a chunk writes, and the places that locating finds later. The contract.

import { Context, type Effect, type Stream } from "effect"
import type { Address } from "../domain/Address.ts"
import type { UserRecord, Winner } from "../domain/UserRecord.ts"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { Location } from "../domain/Location.ts"
import type { Reason } from "../domain/Reject.ts"
import type { RecordCounts } from "../domain/RunSummary.ts"
import type { Widths } from "../domain/Widths.ts"

/** Users that one connection writes at once. */
export interface UserShare {
  /** All records, in the order in which they were read. */
  readonly records: ReadonlyArray<UserRecord>
  /** The last version of each e-mail among the records, sorted by e-mail. */
  readonly winners: ReadonlyArray<Winner>
  /** The places of their addresses that are known. The others come by `place`, or have none. */
  readonly places: ReadonlyMap<Address, Location>
  /**
   * Records that come before these are still to be read: a stored row that equals its winner must take the winner's
   * position, so that it shows where it was read last. Otherwise an equal row need not be written.
   */
  readonly isAhead: boolean
}

/** How the records of a share ended. Those that are in none of these are duplicates. */
export interface UpsertOutcome extends Pick<RecordCounts, "inserted" | "updated" | "unchanged" | "stale"> {
  /** Records that the store refuses: each is rejected alone, and the next best record of its e-mail is written. */
  readonly refused?: ReadonlyArray<Refusal>
}

/** A record that the store refuses, and why. */
export interface Refusal {
  readonly record: UserRecord
  readonly reasons: ReadonlyArray<Reason>
}

/** The place of an address. */
export interface AddressPlace {
  /** As it is stored with users: an adopted table may have any form of it. */
  readonly address: string
  /** Null: the address has no place. */
  readonly location: Location | null
  /** Users of the address get it instead of the place that they have; otherwise only those without one. */
  readonly replaces: boolean
}

/**
 * The users. One's own needs `upsert` and `place`. Each may be repeated with the same effect: where the users are not
 * in the store of `RunRepo` and `LocationQueue`, what these keep is committed after the users, and a process that is
 * killed in between writes the same again. Where they are in one store, both commit in one transaction: the statements
 * of a `PgClient` do, if the layers share it.
 */
export class UserRepo extends Context.Service<
  UserRepo,
  {
    /** How many shares it can write at once, 1 to 16. Default 1. */
    readonly connections?: number
    /**
     * The most characters (code points) of each text column, as they are when it is asked; null: any number. It is asked
     * when a run begins, and the answer holds for each load that the run begins: a longer text is rejected. A column
     * that is left out, and each without `widths`, has the width of a new table of PostgreSQL.
     */
    readonly widths?: Effect.Effect<Widths, DatabaseError>
    /**
     * Writes the winners of a share, all or nothing. The last version wins: of an e-mail's stored row and its winner
     * the one with the greater (instant, file, byte offset) stays; without an instant it is older than any. A winner that
     * equals the row in every column, with a later instant, gives it that instant. Counts a winner as `inserted`,
     * `updated` (newer than what is stored), `unchanged` (equal to it in every column) or `stale` (older). Shares that are
     * written at once have no e-mail in common.
     */
    readonly upsert: (share: UserShare) => Effect.Effect<UpsertOutcome, DatabaseError>
    /** Writes the places of addresses to their users. It may be called at once, as often as `connections` allows. */
    readonly place: (places: ReadonlyArray<AddressPlace>) => Effect.Effect<void, DatabaseError>
    /**
     * The addresses of all users without a place, in arrays of a bounded size, none of which has one twice. Without it
     * `Locating.run` locates those that runs have queued.
     */
    readonly unplaced?: Stream.Stream<ReadonlyArray<string>, DatabaseError>
  }
>()("user-activity-etl/repo/UserRepo") {}
