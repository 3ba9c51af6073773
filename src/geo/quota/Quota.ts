// The rate limiter: at most 15 requests in any 60 s as the service counts them, from all processes together.
//
// A request waits for its turn, and then asks for a permit, as often as the verdicts say (`pace.ts`), until it has one:
//
//     turnstile.withPermit(Effect.repeat(acquire, pace))
//
// `acquire` asks two windows, and both must have room:
// 1. `ProcessWindow`: the requests of this process, and what their responses' headers say is left;
// 2. `Permits`: the requests of all processes that share a database, by the clock of that database.
//
// In both a permit counts from its grant until 60 s after its response, or after the request's timeout where there is
// none. The service receives a request between grant and response, so it sees at most 15 in 60 s, whenever its count
// starts.
//
// `RateLimiter` of effect/persistence does not suffice. Its stores are memory and Redis, and these processes share a
// PostgreSQL. Its fixed window and its token bucket free a token some time after it was taken, however long the request
// is on its way, and both allow more than 15 in some 60 s. Nor does a Schedule alone: it says when to ask, not what
// counts.

import { Context, Duration, Effect, Fiber, Latch, Layer, Ref, Schedule, Semaphore } from "effect"
import type { DatabaseError } from "../../domain/DatabaseError.ts"
import { formatDuration } from "../../text/format.ts"
import { monotonicMillis } from "../../observability/monotonic.ts"
import type { RequestCounts } from "../GeoLocator.ts"
import { pace, wokenBy } from "./pace.ts"
import { type Allowance, Permits, type Verdict } from "./Permits.ts"
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
  /** The most requests in any 60 s; Infinity where only the service says when to stop. Default 15. */
  readonly requests?: number
  /** How long a request may take, its response's body included. Default 10 s. */
  readonly requestTimeout?: Duration.Input
}

/** The requests that a service allows, shared by all that send them. */
export class Quota extends Context.Service<
  Quota,
  {
    /** The most requests in any 60 s; Infinity where only the service says when to stop. */
    readonly requestsPerMinute: number
    /** How long a request may take: `request` must end within it. */
    readonly requestTimeout: Duration.Duration
    /**
     * Waits for a permit, in the order of arrival, and runs `request` with it, which sends one request at most. The
     * permit counts until 60 s after the response, or the timeout and 60 s where none was reported. None is granted
     * while the service reports that no requests remain. An empty window may be used up at once. Waiting may be
     * interrupted. Ends when `Permits` has the outcome too, and fails where `Permits` fails.
     */
    readonly withPermit: <A, E, R>(
      request: (sending: Sending) => Effect.Effect<A, E, R>,
    ) => Effect.Effect<A, E | DatabaseError, R>
    /** Milliseconds until the next permit, as far as that is known; 0: no wait. */
    readonly untilNextRequest: Effect.Effect<number>
    /** Of this process. */
    readonly statistics: Effect.Effect<RequestCounts>
  }
>()("user-activity-etl/geo/quota/Quota") {
  /**
   * Counts in this process, by its monotonic clock, and in `Permits`, with all that share it. `provider` names the
   * quota, and is the same in every process that uses it.
   */
  static readonly layer = (options: QuotaOptions & { readonly provider: string }): Layer.Layer<Quota, never, Permits> =>
    Layer.effect(this, make(options))

  /** Counts in this process only, by its monotonic clock. */
  static readonly layerMemory = (options: QuotaOptions = {}): Layer.Layer<Quota> =>
    this.layer({ ...options, provider: "The service" }).pipe(Layer.provide(Permits.layerAlone))
}

/** How long the database may take to grant a permit: an older one is not used. */
const margin = Duration.seconds(5)

/** Longer than a window and a request's timeout: such a wait is logged as a warning. */
const longWaitMillis = 90_000

/** For what the other processes can do without: a permit whose end is not recorded counts longer. */
const briefly = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.ignore(Effect.timeoutOption(effect, "5 seconds"))

/** A permit of both windows. */
interface Held {
  readonly permit: ProcessWindow.Permit
  readonly id: number
}

const wait = (millis: number): Verdict => ({ _tag: "Wait", millis })

const make = Effect.fnUntraced(function* (options: QuotaOptions & { readonly provider: string }) {
  const { provider, requests = 15 } = options
  const requestTimeout = Duration.fromInputUnsafe(options.requestTimeout ?? "10 seconds")
  const lasts = Duration.sum(requestTimeout, margin)
  const window = ProcessWindow.make({ requests, requestTimeoutMillis: Duration.toMillis(requestTimeout) })
  const permits = yield* Permits
  const scope = yield* Effect.scope
  const statistics = yield* Ref.make<RequestCounts>({ requests: 0, refusals: 0 })
  const turnstile = yield* Semaphore.make(1)
  /** Opened when the window of this process changes: a waiting request then asks again. */
  const changed = yield* Latch.make(false)
  let waitsUntil = 0
  let warnedUntil = 0

  const withPermit = <A, E, R>(
    request: (sending: Sending) => Effect.Effect<A, E, R>,
  ): Effect.Effect<A, E | DatabaseError, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const { ended, recorded, sending } = follow(yield* take(restore))
        const exit = yield* Effect.exit(Effect.onExit(restore(request(sending)), () => ended))
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
        const millis = window.delay(yield* monotonicMillis)
        if (millis > 0) return wait(millis)
        const verdict = yield* restore(permits.acquire(provider, { requests, lasts }))
        if (verdict._tag === "Wait") return verdict
        const now = yield* monotonicMillis
        const isFresh = now - verdict.since <= Duration.toMillis(margin)
        // A response to one of our requests may have arrived meanwhile.
        if (isFresh && window.delay(now) <= 0) {
          keep({ permit: window.grant(now), id: verdict.id })
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
      change(() => window.giveBack(permit)),
      briefly(permits.giveBack(id)),
    )

  const count = (field: keyof RequestCounts) =>
    Ref.update(statistics, (counts) => ({ ...counts, [field]: counts[field] + 1 }))

  /**
   * What a request can report (`sending`), what to do when it ends, and the end of what `Permits` is sent meanwhile.
   */
  const follow = ({ id, permit }: Held) => {
    let isSettled = false
    let recording: Fiber.Fiber<void, DatabaseError> | undefined
    // A request does not wait for the database: that could exceed its timeout.
    const settle = (f: (now: number) => void, record: Effect.Effect<void, DatabaseError>) =>
      Effect.uninterruptible(
        Effect.suspend(() => {
          if (isSettled) return Effect.void
          isSettled = true
          return Effect.gen(function* () {
            yield* change(f)
            recording = yield* Effect.forkIn(record, scope, { startImmediately: true })
          })
        }),
      )
    const sending: Sending = {
      responded: (allowance) =>
        settle(
          (now) => window.answered(permit, now, allowance),
          Effect.andThen(count("requests"), permits.answered(id, allowance)),
        ),
      notSent: settle(() => window.giveBack(permit), permits.giveBack(id)),
      refused: Effect.andThen(change(window.refused), count("refusals")),
    }
    const ended = settle((now) => window.ended(permit, now), count("requests"))
    const recorded = Effect.suspend(() => (recording === undefined ? Effect.void : Fiber.join(recording)))
    return { sending, ended, recorded }
  }

  return Quota.of({
    requestsPerMinute: requests,
    requestTimeout,
    withPermit,
    untilNextRequest: Effect.map(monotonicMillis, (now) => Math.max(waitsUntil - now, 0)),
    statistics: Ref.get(statistics),
  })
})
