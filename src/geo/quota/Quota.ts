// The rate limiter: at most 15 requests in any 60 s as the service counts them, from all processes together.
//
// A request waits for its turn, and then asks for a permit at the pace of the verdicts (`pace.ts`) until it has one:
//
//     turnstile.withPermit(Effect.repeat(acquire, pace))
//
// `acquire` asks two windows, and both must have room:
// 1. `ProcessWindow`: the requests of this process, and what their responses' headers say is left;
// 2. `Permits`: the requests of all processes that share a database, by the clock of that database.
//
// In both a permit counts from its grant until 60 s after its response, or after the request's timeout where none came. The
// service receives a request between grant and response, so it sees at most 15 in 60 s, whenever it begins to count.
//
// `RateLimiter` of effect/persistence does not do. Its stores are memory and Redis, and these processes share a PostgreSQL.
// Its fixed window and its token bucket free a token some time after it was taken, however long the request is on its way,
// and both let more than 15 through in some 60 s. A Schedule alone does not do either: it says when to ask, not what counts.
import { Context, Duration, Effect, Fiber, Latch, Layer, Ref, Schedule, Semaphore } from "effect"
import type { DatabaseError } from "../../domain/DatabaseError.ts"
import { formatDuration } from "../../text/format.ts"
import { monotonicMillis } from "../../observability/monotonic.ts"
import type { RequestCounts } from "../GeoLocator.ts"
import { pace, wokenBy } from "./pace.ts"
import { type Allowance, Permits, type Verdict } from "./Permits.ts"
import * as ProcessWindow from "./ProcessWindow.ts"

/** What a request reports to the quota, as soon as it knows. Of `responded` and `notSent` the first counts. */
export interface Sending {
  /** The head of a response has come, whatever it is, with the service's own count (undefined: it gave none). */
  readonly responded: (allowance: Allowance | undefined) => Effect.Effect<void>
  /** Nothing reached the service, for certain: there was no connection. The permit is free again. */
  readonly notSent: Effect.Effect<void>
  /**
   * The response said that it was one request too many (HTTP 429). The next permit is granted alone: others follow when the
   * service has answered it. Call `responded` before.
   */
  readonly refused: Effect.Effect<void>
}

export interface QuotaOptions {
  /** The most requests in any 60 s; Infinity where only the service says when to stop. Default 15. */
  readonly requests?: number
  /** How long a request may take, its response's body included. Default 10 s. */
  readonly requestTimeout?: Duration.Input
}

/** The requests that a service allows, shared by everybody who sends some. */
export class Quota extends Context.Service<
  Quota,
  {
    /** The most requests in any 60 s; Infinity where only the service says when to stop. */
    readonly requestsPerMinute: number
    /** How long a request may take: `request` must end within it. */
    readonly requestTimeout: Duration.Duration
    /**
     * Waits for a permit, in the order of arrival, and runs `request` with it, which sends one request at most. The
     * permit counts until 60 s after the response, or the timeout and 60 s where none was reported. None is granted while
     * the service says that no requests remain. An empty window may be used up at once. Waiting may be interrupted.
     * Ends when `Permits` has the outcome too, and fails where that could not be asked or updated.
     */
    readonly withPermit: <A, E, R>(
      request: (sending: Sending) => Effect.Effect<A, E, R>,
    ) => Effect.Effect<A, E | DatabaseError, R>
    /** Milliseconds that are waited until the next permit; 0: none, as far as is known. */
    readonly untilNextRequest: Effect.Effect<number>
    /** Of this process. */
    readonly statistics: Effect.Effect<RequestCounts>
  }
>()("user-activity-etl/geo/quota/Quota") {
  /**
   * Counts in this process, by its monotonic clock, and in `Permits` with all others that count there. `provider`: whose
   * quota it is, the same in every process that uses it.
   */
  static readonly layer = (options: QuotaOptions & { readonly provider: string }): Layer.Layer<Quota, never, Permits> =>
    Layer.effect(this, make(options))

  /** Counts in this process only, by its monotonic clock. */
  static readonly layerMemory = (options: QuotaOptions = {}): Layer.Layer<Quota> =>
    this.layer({ ...options, provider: "The service" }).pipe(Layer.provide(Permits.layerAlone))
}

/** How old a permit of the database may be when its request is sent: what the database may take to answer. */
const margin = Duration.seconds(5)

/** A window and a request's timeout are over by then: a longer wait is worth a warning. */
const longWaitMillis = 90_000

/** The other processes can do without: a permit whose end they do not learn counts longer. */
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
  /** Opened when the window of this process changes: whoever waits looks again. */
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
      // A result would be lost where an interruption comes between the grant and the end of `restore`.
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

  /** Asks both windows once, this process's first: that costs nothing. */
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
        // A response to one of our requests may have come while the database was asked.
        if (isFresh && window.delay(now) <= 0) {
          keep({ permit: window.grant(now), id: verdict.id })
          return verdict
        }
        if (!isFresh) {
          yield* Effect.logWarning(
            `The database took more than ${Duration.format(margin)} to allow a request; asking again.`,
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

  /** What a request can report, what is done when it has ended, and the end of what the database is sent meanwhile. */
  const follow = ({ id, permit }: Held) => {
    let isSettled = false
    let recording: Fiber.Fiber<void, DatabaseError> | undefined
    // A request does not wait for the database: that could cost it its time.
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
