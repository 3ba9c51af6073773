import { type Duration, Effect } from "effect"
import type { DatabaseError } from "../../domain/DatabaseError.ts"
import { monotonicMillis } from "../../observability/monotonic.ts"
import type { Allowance } from "./permits.ts"

/**
 * Where processes count their requests together: what `Quota` needs of `PermitRepo`, which promises more. `provider`:
 * whose quota it is, the same in every process that uses it.
 */
export interface SharedQuota {
  readonly provider: string
  readonly permits: {
    /** A permit, stamped no earlier than `since` of the monotonic clock, or how long to wait if nothing else happens. */
    readonly acquire: (
      provider: string,
      options: { readonly requests: number; readonly lasts: Duration.Duration },
    ) => Effect.Effect<
      | { readonly _tag: "Granted"; readonly id: number; readonly since: number }
      | { readonly _tag: "Wait"; readonly millis: number },
      DatabaseError
    >
    readonly answered: (id: number, allowance: Allowance | undefined) => Effect.Effect<void, DatabaseError>
    readonly giveBack: (id: number) => Effect.Effect<void, DatabaseError>
  }
}

/** Nobody else counts. */
export const alone: SharedQuota = {
  provider: "The service",
  permits: {
    acquire: () => Effect.map(monotonicMillis, (since) => ({ _tag: "Granted", id: 0, since })),
    answered: () => Effect.void,
    giveBack: () => Effect.void,
  },
}
