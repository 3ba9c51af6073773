// The window that all processes which share a database keep together: the contract of what grants their requests.
import { Context, type Duration, Effect, Layer } from "effect"
import type { DatabaseError } from "../../domain/DatabaseError.ts"
import { monotonicMillis } from "../../observability/monotonic.ts"

/**
 * `Granted`: one request may be sent, but no later than the caller allowed for in `lasts`. `since` is the process's
 * monotonic clock, in milliseconds, just before the database stamped the permit. `Wait`: for so many milliseconds, if no
 * process's request is answered or given back before.
 */
export type Verdict =
  | { readonly _tag: "Granted"; readonly id: number; readonly since: number }
  | { readonly _tag: "Wait"; readonly millis: number }

/** The service's own count, as a response reports it: requests left, and how long until it counts anew. */
export interface Allowance {
  readonly remaining: number
  readonly resetsInMillis: number
}

/**
 * The requests to a service that all processes which share a database may send together. `provider` is whose quota it is:
 * the service and, where it counts by key, something that distinguishes keys. The database's clock decides; a stamp that
 * lies in the future, because that clock was set back, becomes the present.
 */
export class Permits extends Context.Service<
  Permits,
  {
    /**
     * Grants a permit if fewer than `requests` (Infinity: no limit of ours) count, and more requests remain by every word of
     * the service that still holds than may have reached it without being counted in that word. A permit counts until a
     * minute after it was answered, or, where no answer is recorded, `lasts` (from the grant to the latest end of its
     * request) and a minute after it was granted. May be repeated: a permit whose grant was lost counts as one never
     * answered.
     */
    readonly acquire: (
      provider: string,
      options: { readonly requests: number; readonly lasts: Duration.Duration },
    ) => Effect.Effect<Verdict, DatabaseError>
    /** Its request was answered just now, with the service's own count (undefined: it gave none). May be repeated. */
    readonly answered: (id: number, allowance: Allowance | undefined) => Effect.Effect<void, DatabaseError>
    /** Nothing was sent with it. No effect on a permit that was answered. May be repeated. */
    readonly giveBack: (id: number) => Effect.Effect<void, DatabaseError>
  }
>()("user-activity-etl/geo/quota/Permits") {
  /** Grants always and keeps nothing: for one process that sends alone. */
  static readonly layerAlone = Layer.succeed(this, {
    acquire: () => Effect.map(monotonicMillis, (since) => ({ _tag: "Granted", id: 0, since })),
    answered: () => Effect.void,
    giveBack: () => Effect.void,
  })
}
