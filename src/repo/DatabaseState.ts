import { Context, type Effect } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"

/** What is there of our tables, for people who ask before they load. */
export interface TablesState {
  /** The version of PostgreSQL. */
  readonly version: string
  readonly isTooOld: boolean
  /** The server takes no writes: a standby, or a setting of the database or its user. */
  readonly isReadOnly: boolean
  /** The first migration that has not run, and how many there are. */
  readonly pending: { readonly first: string; readonly count: number } | undefined
  /** A later version of this program has been here. */
  readonly isNewer: boolean
  /** There is a table `users`, and no migration has run: it is another system's. */
  readonly hasForeignUsers: boolean
  /** Tables that a migration made and that have gone. */
  readonly missing: ReadonlyArray<string>
  /** Rights that the database's user lacks: `insert on users`, `create in schema public`. */
  readonly lacking: ReadonlyArray<string>
}

/** What the permits of a service say at this moment. */
export interface QuotaState {
  /** Requests that count. */
  readonly permits: number
  /** Milliseconds for which the service allows none; 0: it does. */
  readonly exhaustedFor: number
}

/** The state of the database. Only reads, makes nothing, and does not wait for a database that is away. */
export class DatabaseState extends Context.Service<
  DatabaseState,
  {
    /** Which database it is, for people: see `UserRepo.name`. */
    readonly name: string
    readonly tables: Effect.Effect<TablesState, DatabaseError>
    /** `provider`: see `Permits`. A database without our tables has granted nothing. */
    readonly quota: (provider: string) => Effect.Effect<QuotaState, DatabaseError>
  }
>()("user-activity-etl/repo/DatabaseState") {}
