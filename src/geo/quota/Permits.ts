// The permits to send requests, which all processes that share a database count together: the contract.

import { Context, type Duration, Effect, Layer } from "effect"
import type { DatabaseError } from "../../domain/DatabaseError.ts"
import { monotonicMillis } from "../../observability/monotonic.ts"

/**
 * `Granted`: one request may be sent; it must end within the caller's `lasts`. `since`: this process's monotonic clock,
 * in milliseconds, just before the database stamped the permit. `Wait`: `millis` milliseconds, or less where a request
 * of any process is answered or given back before.
 */
export type Verdict =
  | { readonly _tag: "Granted"; readonly id: number; readonly since: number }
  | { readonly _tag: "Wait"; readonly millis: number }

/** The service's own count, as a response reports it: requests left, and how long until the count starts again. */
export interface Allowance {
  readonly remaining: number
  readonly resetsInMillis: number
}

/**
 * `provider` names a quota: the service and, where it counts by key, something that distinguishes keys. The database's
 * clock decides; a stamp in the future, because that clock was set back, becomes the present.
 */
export class Permits extends Context.Service<
  Permits,
  {
    /**
     * Grants a permit if fewer than `requests` count (Infinity: no limit of ours), and if every `Allowance` still in
     * force leaves more requests than may have reached the service uncounted since. A permit counts until a minute
     * after its answer, or, where no answer is recorded, until `lasts` (from the grant to the latest end of its
     * request) and a minute after its grant. May be repeated: a permit whose grant was lost counts as never answered.
     */
    readonly acquire: (
      provider: string,
      options: { readonly requests: number; readonly lasts: Duration.Duration },
    ) => Effect.Effect<Verdict, DatabaseError>
    /** Records that its request was just answered, with the service's own count (undefined: none). May be repeated. */
    readonly answered: (id: number, allowance: Allowance | undefined) => Effect.Effect<void, DatabaseError>
    /** Frees a permit with which nothing was sent. No effect on one that was answered. May be repeated. */
    readonly giveBack: (id: number) => Effect.Effect<void, DatabaseError>
  }
>()("user-activity-etl/geo/quota/Permits") {
  /** Always grants and keeps nothing: for a process that shares its quota with no other. */
  static readonly layerAlone = Layer.succeed(this, {
    acquire: () => Effect.map(monotonicMillis, (since) => ({ _tag: "Granted", id: 0, since })),
    answered: () => Effect.void,
    giveBack: () => Effect.void,
  })
}
