// A locator turns addresses into locations: at once from local data, or later from a service.

import { Context, Effect, Layer, Runtime, Schema } from "effect"
import { type Address, specialRange } from "../domain/Address.ts"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { ServiceRate } from "../domain/Estimate.ts"
import { Answer, type Answers } from "../domain/Location.ts"

/**
 * A locator failed. `retryable`: the same request may succeed later. A service's failure leaves the addresses pending;
 * a local locator's ends the run, since its addresses are not queued.
 */
export class GeoLocatorError extends Schema.TaggedError<GeoLocatorError>()("GeoLocatorError", {
  provider: Schema.String,
  message: Schema.String,
  retryable: Schema.Boolean,
}) {
  override readonly [Runtime.errorExitCode] = 2
}

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
  /** The most addresses that one call of `locate` may be given. */
  readonly batchSize: number
  /** How many calls may be under way at once. */
  readonly concurrency: number
  /** Requests a minute that the quota allows, from which people see how long a queue takes. Undefined: unknown. */
  readonly requestsPerMinute: number | undefined
  /** Milliseconds until a request may be sent, as far as that is known; for people. */
  readonly untilNextRequest?: Effect.Effect<number>
  /** For people. */
  readonly requestCounts?: Effect.Effect<RequestCounts>
  /** Why it does not answer, for people; undefined: it does, or was not asked. */
  readonly trouble?: Effect.Effect<string | undefined>
  /**
   * Answers for distinct public addresses. Addresses missing from the answers count as `NotNow`: they stay pending for
   * another run. Takes as long as its quota requires, and may be interrupted and repeated. Fails only where every other
   * batch would fail too, and with a DatabaseError where its requests are counted in a database that cannot be used: that
   * ends the run.
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
export class GeoLocator extends Context.Service<
  GeoLocator,
  {
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
>()("user-activity-etl/geo/GeoLocator") {
  /** Locates nothing and queues nothing. */
  static readonly none = Layer.succeed(this, { name: "none", instant: undefined, service: undefined })
}

/** The answers that need no service. */
export interface AtOnce {
  /** Addresses of special ranges: unlocatable for every locator. */
  readonly byRule: Answers
  /** The answers of `instant`; without a `service` also the addresses that it does not know. */
  readonly local: Answers
  /** The addresses left for the `service`. */
  readonly open: ReadonlyArray<Address>
}

/** Answers distinct addresses as far as no network is needed. */
export const answerAtOnce = Effect.fnUntraced(function* (
  { instant, service }: GeoLocator["Service"],
  addresses: Iterable<Address>,
) {
  const byRule = new Map<Address, Answer>()
  const asked: Array<Address> = []
  for (const address of addresses) {
    const range = specialRange(address)
    if (range === undefined) asked.push(address)
    else byRule.set(address, Answer.unlocatable(range))
  }
  const answers: Answers = instant === undefined || asked.length === 0 ? new Map() : yield* instant(asked)
  const local = new Map<Address, Answer>()
  const open: Array<Address> = []
  for (const address of asked) {
    const answer = answers.get(address) ?? Answer.notNow
    if (answer._tag !== "NotNow") local.set(address, answer)
    else if (service === undefined) local.set(address, Answer.unlocatable("unknown"))
    else open.push(address)
  }
  return { byRule, local, open } satisfies AtOnce
})

/** Locators asked in order for each address. At most one may be a service: the queue is one. */
export const chain = (locators: ReadonlyArray<GeoLocator["Service"]>): GeoLocator["Service"] => {
  const instants = locators.flatMap((locator) => locator.instant ?? [])
  return {
    name: locators.map((locator) => locator.name).join(","),
    instant:
      instants.length === 0
        ? undefined
        : Effect.fnUntraced(function* (addresses) {
            const answers = new Map<Address, Answer>()
            for (const instant of instants) {
              const open = addresses.filter((address) => (answers.get(address) ?? Answer.notNow)._tag === "NotNow")
              if (open.length === 0) break
              for (const [address, answer] of yield* instant(open)) answers.set(address, answer)
            }
            return answers
          }),
    service: locators.find((locator) => locator.service !== undefined)?.service,
  }
}
