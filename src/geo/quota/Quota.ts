// The rate limiter: at most so many requests in any window, as the service counts them, from all processes together.
//
// A request waits for its turn, and then asks for a permit, as often as the verdicts say (`pace.ts`), until it has one:
//
//     turnstile.withPermit(Effect.repeat(acquire, pace))
//
// `acquire` asks two windows, and both must have room:
// 1. `ProcessWindow`: the requests of this process, and what their responses' headers say is left;
// 2. `Permits`: the requests of all processes that share a database, by the clock of that database.
//
// In both a permit counts from its grant until a window after its response, or after the request's timeout where there
// is none. The service receives a request between grant and response, so it sees no more than the limit in any window,
// whenever its count starts.
//
// `RateLimiter` of effect/persistence does not suffice. Its stores are memory and Redis, and these processes share a
// PostgreSQL. Its fixed window and its token bucket free a token some time after it was taken, however long the request
// is on its way, and both allow more than the limit in some window. Nor does a Schedule alone: it says when to ask, not what
// counts.

import { Context, Duration, Effect, Exit, Fiber, Latch, Layer, Ref, Schedule, Semaphore } from "effect"
import type { DatabaseError } from "../../domain/DatabaseError.ts"
import { formatDuration } from "../../text/format.ts"
import { monotonicMillis } from "../../observability/monotonic.ts"
import type { GeoLocatorConfigError } from "../../domain/GeoLocatorError.ts"
import type { RequestCounts } from "../locator/Locator.ts"
import * as settings from "../settings.ts"
import { pace, wokenBy } from "./pace.ts"
import { type Allowance, Permits, type PermitStore, type Verdict } from "./Permits.ts"
import * as ProcessWindow from "./ProcessWindow.ts"

/** What a request reports to the quota, as early as possible. Of `responded` and `notSent` the first counts. */
export interface Sending {
  /** The head of a response arrived, whatever its status, with the service's own count (undefined: none). */
  readonly responded: (allowance: Allowance | undefined) => Effect.Effect<void>
  /** Certainly nothing reached the service: there was no connection. The permit is free again. */
  readonly notSent: Effect.Effect<void>
  /**
   * The service rejected the request as too many (HTTP 429). The next permit is granted alone; others follow when its
   * request is answered. Call `responded` before.
   */
  readonly refused: Effect.Effect<void>
}

export interface QuotaOptions {
  /** The most requests in any `window`; Infinity where only the service says when to stop. Default 15, as ip-api.com. */
  readonly limit?: number
  /** Default 1 minute. */
  readonly window?: Duration.Input
  /** How long a request may take, its response's body included. Default 10 s. */
  readonly requestTimeout?: Duration.Input
}

export interface SharedQuotaOptions extends QuotaOptions {
  /** Names the quota. It and `window` are the same in every process that uses the quota. */
  readonly provider: string
}

/** The requests that a service allows, shared by all that send them. Counting them fails with `CountError`. */
export interface RequestQuota<out CountError> {
  /** Requests a minute on average; undefined where there is no limit but what the service says. */
  readonly requestsPerMinute: number | undefined
  /** How long a request may take: `request` must end within it. */
  readonly requestTimeout: Duration.Duration
  /**
   * Waits for a permit, in the order of arrival, and runs `request` with it, which sends one request at most. The
   * permit counts until a window after the response, which was there at the latest when `request` succeeded; until the
   * timeout and a window where `request` failed or was interrupted without one. None is granted while the service
   * reports that no requests remain. An empty window may be used up at once. Waiting may be interrupted. Where other
   * processes count too, ends when they can know the outcome, and fails where they cannot be asked.
   */
  readonly withPermit: <A, E, R>(
    request: (sending: Sending) => Effect.Effect<A, E, R>,
  ) => Effect.Effect<A, E | CountError, R>
  /** Milliseconds until the next permit, as far as that is known; 0: no wait. */
  readonly untilNextRequest: Effect.Effect<number>
  /** Of this process. */
  readonly requestCounts: Effect.Effect<RequestCounts>
}

/** The requests that a service allows, shared by all that send them. */
export class Quota extends Context.Service<Quota, RequestQuota<DatabaseError>>()("user-activity-etl/geo/quota/Quota") {
  /**
   * A quota of its own, counted in this process by its monotonic clock. Fails if an option is out of its bounds.
   *
   * @example
   * ```ts
   * import { Effect } from "effect"
   * import { Quota } from "user-activity-etl"
   *
   * const program = Effect.gen(function* () {
   *   const quota = yield* Quota.make({ limit: 5, window: "1 second" })
   *   const ask = (address: string) => quota.withPermit(() => Effect.log(`asks for ${address}`))
   *   yield* Effect.forEach(["8.8.8.8", "1.1.1.1"], ask, { concurrency: "unbounded" })
   * })
   * ```
   */
  static readonly make = (options: QuotaOptions = {}): Effect.Effect<RequestQuota<never>, GeoLocatorConfigError> =>
    make({ ...options, provider: "The service" }, alone, Effect.forkDetach({ startImmediately: true }))

  /**
   * Counts in this process only, by its monotonic clock. Fails if an option is out of its bounds.
   *
   * @example
   * ```ts
   * import { Layer } from "effect"
   * import { FetchHttpClient } from "effect/http"
   * import { Quota } from "user-activity-etl"
   * import * as IpApi from "user-activity-etl/IpApi"
   *
   * const Places = IpApi.layer().pipe(Layer.provide([Quota.layerMemory(), FetchHttpClient.layer]))
   * ```
   */
  static readonly layerMemory = (options?: QuotaOptions): Layer.Layer<Quota, GeoLocatorConfigError> =>
    Layer.effect(this, this.make(options))

  /**
   * Counts in this process, by its monotonic clock, and in `Permits`, with all that share it. Fails if an option is out
   * of its bounds.
   *
   * @example
   * ```ts
   * import { Layer } from "effect"
   * import { Quota } from "user-activity-etl"
   * import * as Postgres from "user-activity-etl/Postgres"
   *
   * const Shared = Quota.layerShared({ provider: "ip-api.com" }).pipe(Layer.provide(Postgres.layer))
   * ```
   */
  static readonly layerShared = (options: SharedQuotaOptions): Layer.Layer<Quota, GeoLocatorConfigError, Permits> =>
    Layer.effect(
      this,
      Effect.gen(function* () {
        return yield* make(options, yield* Permits, Effect.forkIn(yield* Effect.scope, { startImmediately: true }))
      }),
    )
}

/** Always grants and keeps nothing: for a process that shares its quota with no other. */
const alone: PermitStore<never> = {
  acquire: () => Effect.map(monotonicMillis, (since) => ({ _tag: "Granted", id: 0, since })),
  answered: () => Effect.void,
  giveBack: () => Effect.void,
}

/** How long the database may take to grant a permit: an older one is not used. */
const margin = Duration.seconds(5)

/** Longer than a minute and a request's timeout: such a wait is logged as a warning. */
const longWaitMillis = 90_000

/** For what the other processes can do without: a permit whose end is not recorded counts longer. */
const briefly = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.ignore(Effect.timeoutOption(effect, "5 seconds"))

/** A permit of both windows. */
interface Held {
  readonly permit: ProcessWindow.Permit
  readonly id: number
}

const wait = (millis: number): Verdict => ({ _tag: "Wait", millis })

/** `fork`: starts what other processes must know beside the request. */
const make = Effect.fnUntraced(function* <CountError>(
  options: SharedQuotaOptions,
  permits: PermitStore<CountError>,
  fork: (record: Effect.Effect<void, CountError>) => Effect.Effect<Fiber.Fiber<void, CountError>>,
) {
  const { provider } = options
  const limit = yield* settings.countOrInfinity("limit", options.limit ?? 15)
  const window = yield* settings.duration("window", options.window ?? "1 minute")
  const requestTimeout = yield* settings.duration("requestTimeout", options.requestTimeout ?? "10 seconds")
  const permitOptions = { limit, window, lasts: Duration.sum(requestTimeout, margin) }
  const own = ProcessWindow.make({
    limit,
    windowMillis: Duration.toMillis(window),
    requestTimeoutMillis: Duration.toMillis(requestTimeout),
  })
  const requestCounts = yield* Ref.make<RequestCounts>({ requests: 0, refusals: 0 })
  const turnstile = yield* Semaphore.make(1)
  /** Opened when the window of this process changes: a waiting request then asks again. */
  const changed = yield* Latch.make(false)
  let waitsUntil = 0
  let warnedUntil = 0

  const withPermit = <A, E, R>(
    request: (sending: Sending) => Effect.Effect<A, E, R>,
  ): Effect.Effect<A, E | CountError, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const { ended, recorded, sending } = follow(yield* take(restore))
        const exit = yield* Effect.exit(
          Effect.onExit(restore(request(sending)), (exit) =>
            Exit.isSuccess(exit) ? sending.responded(undefined) : ended,
          ),
        )
        yield* Effect.onInterrupt(restore(recorded), () => briefly(recorded))
        return yield* exit
      }),
    )

  /** Waits for a permit. One request at a time asks, in the order of arrival. */
  const take = (restore: typeof Effect.interruptible) =>
    Effect.suspend(() => {
      // Kept outside: an interruption between the grant and the end of `restore` would lose a result.
      let held: Held | undefined
      const keep = (granted: Held) => void (held = granted)
      const permit = Effect.repeat(
        acquire(keep),
        pace.pipe(
          Schedule.tap(({ output }) => noteWait(output)),
          wokenBy(changed.await),
        ),
      )
      return restore(turnstile.withPermit(permit)).pipe(
        Effect.onError(() => (held === undefined ? Effect.void : giveBack(held))),
        Effect.map(() => held!),
      )
    })

  /** Asks both windows once; this process's first, which costs nothing. */
  const acquire = (keep: (held: Held) => void) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        changed.closeUnsafe()
        const millis = own.delay(yield* monotonicMillis)
        if (millis > 0) return wait(millis)
        const verdict = yield* restore(permits.acquire(provider, permitOptions))
        if (verdict._tag === "Wait") return verdict
        const now = yield* monotonicMillis
        const isFresh = now - verdict.since <= Duration.toMillis(margin)
        // A response to one of our requests may have arrived meanwhile.
        if (isFresh && own.delay(now) <= 0) {
          keep({ permit: own.grant(now), id: verdict.id })
          return verdict
        }
        if (!isFresh) {
          yield* Effect.logWarning(
            `The database took more than ${Duration.format(margin)} to grant a request; retrying.`,
          )
        }
        yield* briefly(permits.giveBack(verdict.id))
        return wait(0)
      }),
    )

  const noteWait = Effect.fnUntraced(function* (millis: number) {
    waitsUntil = (yield* monotonicMillis) + millis
    if (millis < longWaitMillis || waitsUntil < warnedUntil + longWaitMillis) return
    warnedUntil = waitsUntil
    yield* Effect.logWarning(`${provider} allows no request for another ${formatDuration(millis)}.`)
  })

  const change = (f: (now: number) => void) =>
    Effect.map(monotonicMillis, (now) => {
      f(now)
      changed.openUnsafe()
    })

  const giveBack = ({ id, permit }: Held) =>
    Effect.andThen(
      change(() => own.giveBack(permit)),
      briefly(permits.giveBack(id)),
    )

  const count = (field: keyof RequestCounts) =>
    Ref.update(requestCounts, (counts) => ({ ...counts, [field]: counts[field] + 1 }))

  /**
   * What a request can report (`sending`), what to do when it ends, and the end of what `Permits` is sent meanwhile.
   */
  const follow = ({ id, permit }: Held) => {
    let isSettled = false
    let recording: Fiber.Fiber<void, CountError> | undefined
    // A request does not wait for the database: that could exceed its timeout.
    const settle = (f: (now: number) => void, record: Effect.Effect<void, CountError>) =>
      Effect.uninterruptible(
        Effect.suspend(() => {
          if (isSettled) return Effect.void
          isSettled = true
          return Effect.gen(function* () {
            yield* change(f)
            recording = yield* fork(record)
          })
        }),
      )
    const sending: Sending = {
      responded: (allowance) =>
        settle(
          (now) => own.answered(permit, now, allowance),
          Effect.andThen(count("requests"), permits.answered(id, allowance)),
        ),
      notSent: settle(() => own.giveBack(permit), permits.giveBack(id)),
      refused: Effect.andThen(change(own.refused), count("refusals")),
    }
    const ended = settle((now) => own.ended(permit, now), count("requests"))
    const recorded = Effect.suspend(() => (recording === undefined ? Effect.void : Fiber.join(recording)))
    return { sending, ended, recorded }
  }

  const quota: RequestQuota<CountError> = {
    requestsPerMinute: limit === Infinity ? undefined : (limit * 60_000) / Duration.toMillis(window),
    requestTimeout,
    withPermit,
    untilNextRequest: Effect.map(monotonicMillis, (now) => Math.max(waitsUntil - now, 0)),
    requestCounts: Ref.get(requestCounts),
  }
  return quota
})
