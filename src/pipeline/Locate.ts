// What happens to a pending address: it is claimed, answered at once or by the service, and its answer is committed.

import { Data, Deferred, type Duration, Effect, Stream } from "effect"
import { Answer, tally } from "../domain/Location.ts"
import type { LocatingSummary } from "../domain/RunSummary.ts"
import { GeoLocator, type GeoLocatorError, type GeoService, rateOf } from "../geo/GeoLocator.ts"
import { explain } from "../observability/Advice.ts"
import { type Claims, LocationQueue, type StoredAnswers } from "../repo/LocationQueue.ts"
import { UserRepo } from "../repo/UserRepo.ts"
import type * as AddressTally from "./AddressTally.ts"
import { claimBatches, type ClaimedAddress, type ClaimOptions } from "./claimBatches.ts"
import { reportWaiting, watchQueue } from "./watchQueue.ts"

/** The service failed. */
class Stopped extends Data.TaggedError("Stopped")<{ readonly failure: GeoLocatorError }> {}

/** Why locating ends before no address is pending. */
export interface EarlyEnd {
  readonly why: string
  /** The error of the service; undefined: the time is up. */
  readonly failure?: GeoLocatorError
}

/** The end of locating, for a summary. */
export const describeEnd = (end: EarlyEnd | undefined): Pick<LocatingSummary, "locatingError" | "locatingFailure"> => ({
  locatingError: end?.why ?? null,
  ...(end?.failure && { locatingFailure: end.failure }),
})

export interface DrainOptions extends ClaimOptions {
  /** How long it may take once no more addresses come; undefined: as long as the queue requires. */
  readonly locateFor: Duration.Duration | undefined
}

/** Asks the service for a batch, and commits its answers. */
const ask = (service: GeoService, claims: Claims, addressTally: AddressTally.AddressTally) =>
  Effect.fn("Locating.batch")(function* (batch: ReadonlyArray<ClaimedAddress>) {
    const { provider } = service
    yield* Effect.annotateCurrentSpan({ "etl.locator.provider": provider, "etl.addresses": batch.length })
    const addresses = [...new Set(batch.map(({ address }) => address))]
    const received = yield* service
      .locate(addresses)
      .pipe(Effect.catchTag("GeoLocatorError", (failure) => Effect.fail(new Stopped({ failure }))))
    const answers: StoredAnswers = new Map(
      batch.map(({ stored, address }) => [stored, received.get(address) ?? Answer.notNow]),
    )
    yield* claims.answer(provider, answers, (yield* UserRepo).place)
    const counts = tally(answers)
    yield* addressTally.count("service", counts)
    yield* Effect.annotateCurrentSpan("etl.addresses.located", counts.located)
    yield* Effect.logTrace("addresses asked for").pipe(
      Effect.annotateLogs({ provider, asked: batch.length, located: counts.located }),
    )
  })

/** Ends when the time that `locateFor` allows after loading is up. Returns why locating ends. */
const timeIsUp = Effect.fnUntraced(function* ({ loaded, locateFor }: DrainOptions, service: GeoService | undefined) {
  yield* Deferred.await(loaded)
  yield* locateFor === undefined ? Effect.never : Effect.sleep(locateFor)
  const trouble = yield* service?.trouble ?? Effect.undefined
  return { why: `its time is up${trouble === undefined ? "" : `: ${trouble}`}` } satisfies EarlyEnd
})

/**
 * Answers the pending addresses, in full batches until `loaded` reports that no more will come, and commits each
 * batch's answers: at once where possible, the rest by the locator's service. Ends when no more come and the rest is
 * claimed by other processes, none of it the run's; and when the time is up or the service fails: then returns why. The
 * rest stays pending.
 */
export const drain = Effect.fn("Locating.drain")(
  function* (options: DrainOptions) {
    const { service } = yield* GeoLocator
    const claims = yield* (yield* LocationQueue).claims
    if (service !== undefined) yield* watchQueue(service, options.loaded)

    return yield* claimBatches(claims, options).pipe(
      Stream.mapEffect(service === undefined ? () => Effect.void : ask(service, claims, options.addressTally), {
        concurrency: service?.concurrency ?? 1,
        unordered: true,
      }),
      Stream.runDrain,
      Effect.as(undefined),
      Effect.raceFirst(timeIsUp(options, service)),
      Effect.catchTag(
        "Stopped",
        Effect.fnUntraced(function* ({ failure }) {
          const why = yield* explain(failure)
          yield* Effect.logWarning(`locating stopped: ${why}`)
          return { why, failure } satisfies EarlyEnd
        }),
      ),
    )
  },
  Effect.scoped,
  Effect.annotateLogs({ step: "Locate" }),
)

/** An own service need not count its requests. */
const uncounted = { requests: null, refusals: null }

/**
 * Sums up how addresses were answered, and how many are pending: those of the run, which has none without a service,
 * or, without a run, all.
 */
export const summarize = Effect.fnUntraced(function* (
  addressTally: AddressTally.AddressTally,
  runId: number | undefined,
) {
  const queue = yield* LocationQueue
  const { service } = yield* GeoLocator
  const { requests, refusals } =
    service === undefined ? { requests: 0, refusals: 0 } : yield* service.requestCounts ?? Effect.succeed(uncounted)
  const found = runId === undefined ? { own: yield* queue.waiting, others: 0 } : yield* queue.waitingOf(runId)
  const all = found.own + found.others
  const own = runId !== undefined && service === undefined ? 0 : found.own
  yield* reportWaiting(service, all)
  return {
    addresses: { ...(yield* addressTally.counts), requests, refusals, waiting: own, waitingForOthers: all - own },
    serviceRate: service === undefined ? null : rateOf(service),
  }
})
