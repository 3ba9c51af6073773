// What a locator is: it answers at once, or by a service, or both.

import type { Effect } from "effect"
import type { Address } from "../../domain/Address.ts"
import type { DatabaseError } from "../../domain/DatabaseError.ts"
import type { ServiceRate } from "../../domain/Estimate.ts"
import type { Answers } from "../../domain/Location.ts"
import type { GeoLocatorError } from "../../domain/GeoLocatorError.ts"

/** The requests of this process so far. */
export interface RequestCounts {
  /** Requests that reached the service, or may have. Those under way do not count yet. */
  readonly requests: number
  /** Requests that the service rejected as too many (429): there should be none. */
  readonly refusals: number
}

/** A locator of a network service: asked in batches, from the queue, while users are loaded without waiting for it. */
export interface GeoService {
  /** The provider's name, kept with each answer. */
  readonly provider: string
  /** The most addresses that one call of `locate` is given. */
  readonly batchSize: number
  /** How many calls may be under way at once. */
  readonly concurrency: number
  /** Requests a minute that the quota allows, from which people see how long a queue takes. Undefined: unknown. */
  readonly requestsPerMinute?: number | undefined
  /** Milliseconds until a request may be sent, as far as that is known; for people. */
  readonly untilNextRequest?: Effect.Effect<number>
  /** For people. Undefined: unknown. */
  readonly requestCounts?: Effect.Effect<RequestCounts>
  /** Why it does not answer, for people; undefined: it does, or was not asked. */
  readonly trouble?: Effect.Effect<string | undefined>
  /**
   * Answers for distinct public addresses; for any other text, and any number, see `GeoLocator.locateAll`. Addresses
   * missing from the answers count as `NotNow`: they stay pending for another run. Takes as long as its quota requires,
   * and may be interrupted and repeated. Fails only where every other batch would fail too, and with a DatabaseError
   * where its requests are counted in a database that cannot be used: that ends the run.
   */
  readonly locate: (addresses: ReadonlyArray<Address>) => Effect.Effect<Answers, GeoLocatorError | DatabaseError>
}

/** The rate of a service, for estimates. */
export const rateOf = ({ batchSize, requestsPerMinute }: GeoService): ServiceRate => ({
  batchSize,
  requestsPerMinute: requestsPerMinute ?? null,
})

/**
 * Turns groups of addresses into locations. Addresses that can have no location (see `domain/Address`) are never asked.
 */
export interface Locator {
  /** For people: `mmdb`, `ip-api`, `none`, `mmdb,ip-api`. */
  readonly name: string
  /**
   * Answers at once, without a network. `NotNow` (or no entry): an unknown address. It is queued where there is a
   * `service`, and unlocatable where there is none.
   */
  readonly instant: ((addresses: ReadonlyArray<Address>) => Effect.Effect<Answers, GeoLocatorError>) | undefined
  /** Answers later what `instant` does not know. */
  readonly service: GeoService | undefined
}
