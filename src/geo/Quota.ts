import { Clock, Context, Duration, Effect, Latch, Layer, Semaphore } from "effect"
import type { GeoLocatorError } from "./GeoLocator.ts"
import { type Allowance, makePermits, type Permit } from "./permits.ts"

/** What a request tells the quota, as soon as it knows it; the first word counts. */
export interface Sending {
  /** The head of a response has come, whatever it is, with what it said of the service's own count (undefined: nothing). */
  readonly responded: (allowance: Allowance | undefined) => Effect.Effect<void>
  /** Nothing reached the service, for certain: there was no connection. The permit is free again. */
  readonly notSent: Effect.Effect<void>
}

export interface QuotaOptions {
  /** The most requests in any 60 s. Default 15: ip-api.com without a key. */
  readonly requests?: number
  /** How long a request may take, its response's body included. Default 10 s. */
  readonly requestTimeout?: Duration.Input
}

/** The requests that a service allows, shared by everybody who sends some. */
export class Quota extends Context.Service<
  Quota,
  {
    /** The most requests in any 60 s. */
    readonly requestsPerMinute: number
    /** How long a request may take: `request` must end within it. */
    readonly requestTimeout: Duration.Duration
    /**
     * Waits for a permit, in the order of arrival, and runs `request` with it, which sends one request at most. The
     * permit counts until 60 s after the response, or the timeout and 60 s where none was told. None is granted while
     * the service says that no requests remain. An empty window may be used up at once. Waiting may be interrupted.
     * Fails where permits could not be counted.
     */
    readonly withPermit: <A, E, R>(
      request: (sending: Sending) => Effect.Effect<A, E, R>,
    ) => Effect.Effect<A, E | GeoLocatorError, R>
  }
>()("user-activity-etl/geo/Quota") {
  /** Counts in this process only, by its monotonic clock. */
  static readonly layerMemory = (options?: QuotaOptions): Layer.Layer<Quota> => Layer.effect(this, makeMemory(options))
}

const monotonicMillis = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1_000_000)

const makeMemory = Effect.fnUntraced(function* (options?: QuotaOptions) {
  const requests = options?.requests ?? 15
  const requestTimeout = Duration.fromInputUnsafe(options?.requestTimeout ?? "10 seconds")
  const permits = makePermits({ requests, requestTimeoutMillis: Duration.toMillis(requestTimeout) })
  const turnstile = yield* Semaphore.make(1)
  const changed = yield* Latch.make(false)

  const change = (f: (now: number) => void) =>
    Effect.map(monotonicMillis, (now) => {
      f(now)
      changed.openUnsafe()
    })

  const giveBack = (permit: Permit) => change(() => permits.giveBack(permit))

  const room = Effect.gen(function* () {
    while (true) {
      changed.closeUnsafe()
      const delay = permits.delay(yield* monotonicMillis)
      if (delay <= 0) return
      yield* Effect.raceFirst(Effect.sleep(Math.ceil(delay)), changed.await)
    }
  })

  const withPermit = <A, E, R>(request: (sending: Sending) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.uninterruptibleMask((restore) => {
      let permit: Permit | undefined
      const turn = turnstile.withPermit(
        Effect.andThen(
          room,
          Effect.map(monotonicMillis, (now) => (permit = permits.grant(now))),
        ),
      )
      return restore(turn).pipe(
        // An interruption may come between the grant and the request.
        Effect.onError(() => (permit === undefined ? Effect.void : giveBack(permit))),
        Effect.flatMap((granted) => {
          const sending: Sending = {
            responded: (allowance) => change((now) => permits.answered(granted, now, allowance)),
            notSent: giveBack(granted),
          }
          return Effect.onExit(restore(request(sending)), () => change((now) => permits.ended(granted, now)))
        }),
      )
    })

  return Quota.of({ requestsPerMinute: requests, requestTimeout, withPermit })
})
