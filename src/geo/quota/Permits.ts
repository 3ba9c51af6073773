// The permits to send requests, which all processes that share a database count together: the contract.

import { Context, type Duration, type Effect } from "effect"
import type { DatabaseError } from "../../domain/DatabaseError.ts"

/**
 * `Granted`: one request may be sent; it must end within the caller's `lasts`. `since`: this process's monotonic clock,
 * in milliseconds, just before the store stamped the permit. `Wait`: `millis` milliseconds, or less where a request of
 * any process is answered or given back before.
 */
export type Verdict =
  | { readonly _tag: "Granted"; readonly id: number; readonly since: number }
  | { readonly _tag: "Wait"; readonly millis: number }

/** The service's own count, as a response reports it: requests left, and until when at the latest it counts anew. */
export interface Allowance {
  readonly remaining: number
  readonly resetsInMillis: number
}

/** How many permits may count. */
export interface PermitOptions {
  /** The most permits that count; Infinity: no limit of ours. */
  readonly limit: number
  /** How long a permit counts after its answer. */
  readonly window: Duration.Duration
  /** From the grant to the latest end of its request. */
  readonly lasts: Duration.Duration
}

/** A store of permits, which fails with `E`. */
export interface PermitStore<out E> {
  /**
   * Grants a permit if fewer than `limit` count, and if every `Allowance` still in force leaves more requests than may
   * have reached the service uncounted since. A permit counts until `window` after its answer, or, where no answer is
   * recorded, until `lasts` and `window` after its grant. May be repeated: a permit whose grant was lost counts as never
   * answered.
   */
  readonly acquire: (provider: string, options: PermitOptions) => Effect.Effect<Verdict, E>
  /** Records that its request was just answered, with the service's own count (undefined: none). May be repeated. */
  readonly answered: (id: number, allowance: Allowance | undefined) => Effect.Effect<void, E>
  /** Frees a permit with which nothing was sent. No effect on one that was answered. May be repeated. */
  readonly giveBack: (id: number) => Effect.Effect<void, E>
}

/**
 * `provider` names a quota: the service and, where it counts by key, something that distinguishes keys. All who use it
 * give the same `window`. The database's clock decides; a stamp in the future, because that clock was set back, becomes
 * the present.
 */
export class Permits extends Context.Service<Permits, PermitStore<DatabaseError>>()(
  "user-activity-etl/geo/quota/Permits",
) {}
