// The state of our tables and of the quota, for commands that check before they load: the contract.

import { Context, type Effect } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"

/** The state of our tables. */
export interface TablesState {
  /** The version of PostgreSQL. */
  readonly version: string
  readonly isTooOld: boolean
  /** The server accepts no writes: it is a standby, or a setting of the database or its user forbids them. */
  readonly isReadOnly: boolean
  /** The first migration that has not run, and how many there are. */
  readonly pending: { readonly first: string; readonly count: number } | undefined
  /** A later version of this program has migrated the tables. */
  readonly isNewer: boolean
  /** There is a table `users`, and no migration has run: it belongs to another system. */
  readonly hasForeignUsers: boolean
  /** Tables that a migration made and that no longer exist. */
  readonly missing: ReadonlyArray<string>
  /** Rights that the database's user lacks: `insert on users`, `create in schema public`. */
  readonly lacking: ReadonlyArray<string>
}

/** The state of a service's permits now. */
export interface QuotaState {
  /** Requests that count. */
  readonly permits: number
  /** Milliseconds for which the service allows none; 0: it does. */
  readonly exhaustedFor: number
}

/** The state of the database. Only reads, and does not wait for a database that is unreachable. */
export class DatabaseState extends Context.Service<
  DatabaseState,
  {
    /** The database's name, for people: see `UserRepo.name`. */
    readonly name: string
    readonly tables: Effect.Effect<TablesState, DatabaseError>
    /** `provider`: see `Permits`. A database without our tables has granted nothing. */
    readonly quota: (provider: string) => Effect.Effect<QuotaState, DatabaseError>
  }
>()("user-activity-etl/repo/DatabaseState") {}
