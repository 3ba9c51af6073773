import { Clock, Data, Deferred, type Duration, Effect, References, Result, Stream } from "effect"
import * as AddressTally from "./AddressTally.ts"
import { parseAddress } from "../domain/Address.ts"
import { describeQueue } from "../domain/Estimate.ts"
import { Answer, type Answers, tally } from "../domain/Location.ts"
import { monotonicMillis } from "../observability/monotonic.ts"
import * as Metrics from "../observability/Metrics.ts"
import { tellProgress } from "../observability/Progress.ts"
import type { Answerer, LocatingSummary } from "../domain/RunSummary.ts"
import { answerAtOnce, GeoLocator, type GeoLocatorError, type GeoService, rateOf } from "../geo/GeoLocator.ts"
import { type Claims, LocationQueue } from "../repo/LocationQueue.ts"
import { UserRepo } from "../repo/UserRepo.ts"

/** Addresses that are claimed together where most need no service. */
const localBatchSize = 5_000

/** How often is looked for addresses that are queued, or claimed by others. */
const glance = "500 millis"

/** The service has given up. */
class Stopped extends Data.TaggedError("Stopped")<{ readonly failure: GeoLocatorError }> {}

export interface DrainOptions {
  /** Done when no more addresses will come. */
  readonly loaded: Deferred.Deferred<void>
  /** How long it may take once it is; undefined: as long as the queue demands. */
  readonly locateFor: Duration.Duration | undefined
  /** Where answers are counted. */
  readonly addressTally: AddressTally.AddressTally
  /** The run that waits for its addresses while other processes have claimed them; undefined: for all addresses. */
  readonly runId: number | undefined
}

/** Keeps the metric of what waits, and who watches, up to date. */
const tellWaiting = Effect.fnUntraced(function* (service: GeoService | undefined, waiting: number) {
  yield* Metrics.recordQueue(waiting)
  if (service !== undefined) {
    const untilNextRequest = yield* service.untilNextRequest ?? Effect.succeed(0)
    yield* tellProgress({ _tag: "Queued", waiting, untilNextRequest })
  }
})

/** How many addresses wait. */
const countWaiting = Effect.fnUntraced(function* (service: GeoService) {
  const waiting = yield* (yield* LocationQueue).waiting
  yield* tellWaiting(service, waiting)
  return waiting
})

/** Says how long the service will need for what waits, where that is worth a line. */
const tellEstimate = Effect.fnUntraced(function* (service: GeoService) {
  const waiting = yield* countWaiting(service)
  if (waiting > service.batchSize) yield* Effect.logInfo(describeQueue(waiting, rateOf(service)))
})

/** How often is counted what waits: every second or, where that takes long, less often. Loading must not wait for it. */
const pauseAfter = (millis: number): number => Math.min(Math.max(millis * 50, 1_000), 10_000)

/** Counts now and then what waits. That the database is away, those tell who work with it. */
const watchQueue = (service: GeoService) => {
  let pause = pauseAfter(0)
  const count = Effect.gen(function* () {
    const start = yield* monotonicMillis
    yield* countWaiting(service)
    pause = pauseAfter((yield* monotonicMillis) - start)
  }).pipe(Effect.provideService(References.MinimumLogLevel, "None"), Effect.withTracerEnabled(false), Effect.ignore)
  const wait = Effect.suspend(() => Effect.sleep(pause))
  return Effect.forever(Effect.andThen(wait, count))
}

/** The addresses of an adopted table may be written in any way, or be none. */
const canonicalOf = (address: string): string | undefined => Result.getOrUndefined(parseAddress(address))

/** The answers of their canonical forms for addresses as they are queued. */
const answersFor = (addresses: ReadonlyArray<string>, answers: Answers): Answers =>
  new Map(
    addresses.flatMap((address) => {
      const answer = answers.get(canonicalOf(address) ?? address)
      return answer === undefined ? [] : [[address, answer] as const]
    }),
  )

interface BatchOptions extends Pick<DrainOptions, "loaded" | "runId"> {
  readonly claims: Claims
  readonly claimSize: number
  readonly batchSize: number
}

/** Batches of what `answerLocally` leaves of the addresses that wait. */
const makeNextBatch = <E>(
  { batchSize, claimSize, claims, loaded, runId }: BatchOptions,
  answerLocally: (addresses: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<string>, E>,
) => {
  const open: Array<string> = []
  return Effect.gen(function* () {
    for (;;) {
      if (open.length >= batchSize) return open.splice(0, batchSize)
      // Asked before the claim: an address that is queued in between is found by the next one.
      const isComplete = yield* Deferred.isDone(loaded)
      // A request costs the quota the same however few addresses it has.
      const taken = yield* claims.take(claimSize, isComplete ? 1 : batchSize - open.length)
      if (taken.length > 0) open.push(...(yield* answerLocally(taken)))
      else if (isComplete && (open.length > 0 || !(yield* claims.othersWait(runId)))) return open.splice(0)
      else yield* isComplete ? Effect.sleep(glance) : Effect.timeoutOption(Deferred.await(loaded), glance)
    }
  })
}

/**
 * Answers the addresses that wait, in full batches until `loaded` says that no more will come, and commits each batch's
 * answers: at once what can be, the rest by the locator's service. Ends when no more come and what is left is claimed by
 * other processes, none of it the run's; when the time is up; or when the service has given up, and tells why. What is
 * left stays queued.
 */
export const drain = Effect.fn("Locating.drain")(
  function* ({ addressTally, loaded, locateFor, runId }: DrainOptions) {
    const locator = yield* GeoLocator
    const { service } = locator
    const claims = yield* (yield* LocationQueue).claims
    const count = (answerer: Answerer, answers: Answers) => addressTally.count(answerer, tally(answers))

    /** Answers what needs no service, and tells what is left. */
    const answerLocally = Effect.fnUntraced(function* (addresses: ReadonlyArray<string>) {
      const canonical = new Set(addresses.flatMap((address) => canonicalOf(address) ?? []))
      const { byRule, local, open } = yield* answerAtOnce(locator, canonical)
      const senseless = addresses.filter((address) => canonicalOf(address) === undefined)
      const none = senseless.map((address) => [address, Answer.unlocatable("not an address")] as const)
      const ruled = new Map([...answersFor(addresses, byRule), ...none])
      const known = answersFor(addresses, local)
      yield* claims.settle(new Map([...ruled, ...known]))
      yield* count("rule", ruled)
      yield* count("local", known)
      const left = new Set(open)
      return addresses.filter((address) => left.has(canonicalOf(address) ?? ""))
    })

    const ask = Effect.fn("Locating.batch")(function* (service: GeoService, batch: ReadonlyArray<string>) {
      yield* Effect.annotateCurrentSpan({ "etl.locator.provider": service.provider, "etl.addresses": batch.length })
      const told = yield* service
        .locate([...new Set(batch.flatMap((address) => canonicalOf(address) ?? []))])
        .pipe(Effect.catchTag("GeoLocatorError", (failure) => Effect.fail(new Stopped({ failure }))))
      const asked: Answers = new Map(
        batch.map((address) => [address, told.get(canonicalOf(address) ?? address) ?? Answer.notNow]),
      )
      yield* claims.answer(service.provider, asked)
      yield* count("service", asked)
      const { located } = tally(asked)
      yield* Effect.annotateCurrentSpan("etl.addresses.located", located)
      yield* Effect.logTrace("addresses asked for").pipe(
        Effect.annotateLogs({ provider: service.provider, asked: batch.length, located }),
      )
    })

    const estimates =
      service === undefined
        ? Effect.void
        : (yield* Deferred.isDone(loaded))
          ? tellEstimate(service)
          : Effect.all([tellEstimate(service), Effect.andThen(Deferred.await(loaded), tellEstimate(service))])
    yield* Effect.forkScoped(estimates)
    if (service !== undefined) yield* Effect.forkScoped(watchQueue(service))
    const timeIsUp = Effect.gen(function* () {
      yield* Deferred.await(loaded)
      yield* locateFor === undefined ? Effect.never : Effect.sleep(locateFor)
      const trouble = yield* service?.trouble ?? Effect.undefined
      return `its time is up (--locate-for)${trouble === undefined ? "" : `: ${trouble}`}`
    })

    const batchSize = service?.batchSize ?? localBatchSize
    const claimSize = locator.instant === undefined ? batchSize : Math.max(batchSize, localBatchSize)
    const nextBatch = makeNextBatch({ claims, loaded, runId, claimSize, batchSize }, answerLocally)
    return yield* Stream.fromEffectRepeat(nextBatch).pipe(
      Stream.takeWhile((batch) => batch.length > 0),
      Stream.mapEffect((batch) => (service === undefined ? Effect.void : ask(service, batch)), {
        concurrency: service?.concurrency ?? 1,
        unordered: true,
      }),
      Stream.runDrain,
      Effect.as(undefined),
      Effect.raceFirst(timeIsUp),
      Effect.catchTag("Stopped", ({ failure }) =>
        Effect.as(Effect.logWarning(`locating stopped: ${failure.message}`), failure.message),
      ),
    )
  },
  Effect.scoped,
  Effect.annotateLogs({ step: "Locate" }),
)

export interface LocatingOptions {
  /** How long it may take; undefined: as long as the queue demands. */
  readonly locateFor: Duration.Duration | undefined
  /** Answers that are older are asked for again. */
  readonly locationsMaxAge: Duration.Duration | undefined
}

/** Sums up what became of addresses, and how many wait: for the run, which waits for none without a service, or all of them. */
export const summarize = Effect.fnUntraced(function* (
  addressTally: AddressTally.AddressTally,
  runId: number | undefined,
) {
  const queue = yield* LocationQueue
  const { service } = yield* GeoLocator
  const { requests, refusals } = yield* service?.requestCounts ?? Effect.succeed({ requests: 0, refusals: 0 })
  const found = runId === undefined ? { own: yield* queue.waiting, others: 0 } : yield* queue.waitingOf(runId)
  const all = found.own + found.others
  const own = runId !== undefined && service === undefined ? 0 : found.own
  yield* tellWaiting(service, all)
  return {
    addresses: { ...(yield* addressTally.counts), requests, refusals, waiting: own, waitingForOthers: all - own },
    serviceRate: service === undefined ? null : rateOf(service),
  }
})

/**
 * Locates whatever users lack a place, without loading: those whose addresses wait, and those that were loaded without a
 * locator. Safe beside runs, and beside itself.
 */
export const run = Effect.fn("Locating.run")(function* ({ locateFor, locationsMaxAge }: LocatingOptions) {
  const users = yield* UserRepo
  const queue = yield* LocationQueue
  const start = yield* Clock.currentTimeMillis
  yield* users.migrate
  yield* queue.queueUnplaced
  if (locationsMaxAge !== undefined) yield* queue.queueOlderThan(locationsMaxAge)
  const loaded = yield* Deferred.make<void>()
  yield* Deferred.succeed(loaded, undefined)
  const addressTally = yield* AddressTally.make
  const error = yield* drain({ addressTally, loaded, locateFor, runId: undefined })
  const summary: LocatingSummary = {
    ...(yield* summarize(addressTally, undefined)),
    locatingError: error ?? null,
    milliseconds: (yield* Clock.currentTimeMillis) - start,
  }
  yield* Effect.logDebug("locating ends").pipe(Effect.annotateLogs({ step: "Locate", ...summary.addresses }))
  return summary
})
