import { Context, type Duration, type Effect } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"

/**
 * `Granted`: one request may be sent, but no later than the caller allowed for in `lasts`. `since` is the process's
 * monotonic clock, in milliseconds, just before the database stamped the permit. `Wait`: for so many milliseconds, if
 * nobody's request is answered or given back before.
 */
export type PermitAnswer =
  | { readonly _tag: "Granted"; readonly id: number; readonly since: number }
  | { readonly _tag: "Wait"; readonly millis: number }

/**
 * The requests to a service that all processes which share a database may send together. `provider` is whose quota it is:
 * the service and, where it counts by key, something that tells keys apart. The database's clock decides; a stamp that lies
 * in the future, because that clock was set back, becomes the present.
 */
export class PermitRepo extends Context.Service<
  PermitRepo,
  {
    /**
     * Grants a permit if fewer than `requests` (Infinity: no limit of ours) count, and more requests remain by every word of
     * the service that still holds than may have reached it without being counted in that word. A permit counts until a
     * minute after it was answered, or, where that is never told, `lasts` (from the grant to the latest end of its request)
     * and a minute after it was granted. May be repeated: a permit of which nobody knows counts as one never answered.
     */
    readonly acquire: (
      provider: string,
      options: { readonly requests: number; readonly lasts: Duration.Duration },
    ) => Effect.Effect<PermitAnswer, DatabaseError>
    /** Its request was answered just now, with what the service said of its own count (undefined: nothing). May be repeated. */
    readonly answered: (
      id: number,
      allowance: { readonly remaining: number; readonly resetsInMillis: number } | undefined,
    ) => Effect.Effect<void, DatabaseError>
    /** Nothing was sent with it. No effect on a permit that was answered. May be repeated. */
    readonly giveBack: (id: number) => Effect.Effect<void, DatabaseError>
  }
>()("user-activity-etl/repo/PermitRepo") {}
