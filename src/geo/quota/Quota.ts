import { Context, Duration, Effect, Fiber, Latch, Layer, Ref, Semaphore } from "effect"
import type { DatabaseError } from "../../domain/DatabaseError.ts"
import { formatDuration } from "../../text/format.ts"
import { monotonicMillis } from "../../observability/monotonic.ts"
import type { RequestCounts } from "../GeoLocator.ts"
import { type Allowance, Permits } from "./Permits.ts"
import * as ProcessWindow from "./ProcessWindow.ts"

/** What a request tells the quota, as soon as it knows it. Of `responded` and `notSent` the first word counts. */
export interface Sending {
  /** The head of a response has come, whatever it is, with what it said of the service's own count (undefined: nothing). */
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
     * permit counts until 60 s after the response, or the timeout and 60 s where none was told. None is granted while
     * the service says that no requests remain. An empty window may be used up at once. Waiting may be interrupted.
     * Ends when a shared count knows the outcome too, and fails where it could not be asked or told.
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

/** How old a shared permit may be when its request is sent: what the answer of its database may take. */
const margin = Duration.seconds(5)

/** So often is asked whether a request of another process was answered, or given back; in milliseconds. */
const pollMillis = 1_000

/** A window and a request's time-out are over by then: who has to wait longer is told so. */
const longWaitMillis = 90_000

/** The others need not know: what they were not told counts longer. */
const briefly = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.ignore(Effect.timeoutOption(effect, "5 seconds"))

interface Held {
  readonly permit: ProcessWindow.Permit
  readonly sharedId: number
}

const make = Effect.fnUntraced(function* (options: QuotaOptions & { readonly provider: string }) {
  const shared = yield* Permits
  const { provider, requests = 15 } = options
  const requestTimeout = Duration.fromInputUnsafe(options.requestTimeout ?? "10 seconds")
  const permits = ProcessWindow.make({ requests, requestTimeoutMillis: Duration.toMillis(requestTimeout) })
  const lasts = Duration.sum(requestTimeout, margin)
  const turnstile = yield* Semaphore.make(1)
  const changed = yield* Latch.make(false)
  const scope = yield* Effect.scope
  const statistics = yield* Ref.make<RequestCounts>({ requests: 0, refusals: 0 })
  const countRequest = Ref.update(statistics, (counts) => ({ ...counts, requests: counts.requests + 1 }))
  const countRefusal = Ref.update(statistics, (counts) => ({ ...counts, refusals: counts.refusals + 1 }))

  const change = (f: (now: number) => void) =>
    Effect.map(monotonicMillis, (now) => {
      f(now)
      changed.openUnsafe()
    })

  let toldUntil = 0
  const tellLongWait = Effect.fnUntraced(function* (millis: number) {
    const until = (yield* monotonicMillis) + millis
    if (millis < longWaitMillis || until < toldUntil + longWaitMillis) return
    toldUntil = until
    yield* Effect.logWarning(`${provider} allows no request for another ${formatDuration(millis)}.`)
  })

  const pause = (millis: number) => Effect.raceFirst(Effect.sleep(Math.ceil(millis)), changed.await)

  let waitsUntil = 0
  const tellWait = Effect.fnUntraced(function* (millis: number) {
    waitsUntil = (yield* monotonicMillis) + millis
    yield* tellLongWait(millis)
  })

  const room = Effect.gen(function* () {
    while (true) {
      changed.closeUnsafe()
      const delay = permits.delay(yield* monotonicMillis)
      if (delay <= 0) return
      yield* tellWait(delay)
      yield* pause(delay)
    }
  })

  const giveBack = ({ permit, sharedId }: Held) =>
    Effect.andThen(
      change(() => permits.giveBack(permit)),
      briefly(shared.giveBack(sharedId)),
    )

  /** Grants a permit of our own with one of the others', and tells how long to wait where they have none. */
  const acquire = (keep: (held: Held) => void) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const answer = yield* restore(shared.acquire(provider, { requests, lasts }))
        if (answer._tag === "Wait") return answer.millis
        const now = yield* monotonicMillis
        const isFresh = now - answer.since <= Duration.toMillis(margin)
        // The answer to one of our requests may have come while the others were asked.
        if (isFresh && permits.delay(now) <= 0) {
          keep({ permit: permits.grant(now), sharedId: answer.id })
          return undefined
        }
        if (!isFresh) {
          yield* Effect.logWarning(
            `The database took more than ${Duration.format(margin)} to allow a request; asking again.`,
          )
        }
        yield* briefly(shared.giveBack(answer.id))
        return 0
      }),
    )

  /** One at a time asks the others, and in the order of arrival. `keep` hears at once, before an interruption can come. */
  const take = (keep: (held: Held) => void) =>
    turnstile.withPermit(
      Effect.gen(function* () {
        while (true) {
          yield* room
          const wait = yield* acquire(keep)
          if (wait === undefined) return
          yield* tellWait(wait)
          yield* pause(Math.min(wait, pollMillis))
        }
      }),
    )

  /** What a request tells, and what is to be done when it has ended. */
  const follow = ({ permit, sharedId }: Held) => {
    let isTold = false
    let recording: Fiber.Fiber<void, DatabaseError> | undefined
    // A request does not wait for the database: that could cost it its time.
    const tell = (f: (now: number) => void, record: Effect.Effect<void, DatabaseError>) =>
      Effect.uninterruptible(
        Effect.suspend(() => {
          if (isTold) return Effect.void
          isTold = true
          return Effect.gen(function* () {
            yield* change(f)
            recording = yield* Effect.forkIn(record, scope, { startImmediately: true })
          })
        }),
      )
    const sending: Sending = {
      responded: (allowance) =>
        tell(
          (now) => permits.answered(permit, now, allowance),
          Effect.andThen(countRequest, shared.answered(sharedId, allowance)),
        ),
      notSent: tell(() => permits.giveBack(permit), shared.giveBack(sharedId)),
      refused: Effect.andThen(change(permits.refused), countRefusal),
    }
    const ended = tell((now) => permits.ended(permit, now), countRequest)
    const recorded = Effect.suspend(() => (recording === undefined ? Effect.void : Fiber.join(recording)))
    return { sending, ended, recorded }
  }

  const withPermit = <A, E, R>(
    request: (sending: Sending) => Effect.Effect<A, E, R>,
  ): Effect.Effect<A, E | DatabaseError, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.suspend(() => {
        let held: Held | undefined
        return restore(take((taken) => (held = taken))).pipe(
          Effect.onError(() => (held === undefined ? Effect.void : giveBack(held))),
          Effect.flatMap(() => {
            const { ended, recorded, sending } = follow(held!)
            return restore(request(sending)).pipe(
              Effect.onExit(() => ended),
              Effect.exit,
              Effect.tap(() => Effect.onInterrupt(restore(recorded), () => briefly(recorded))),
              Effect.flatten,
            )
          }),
        )
      }),
    )

  return Quota.of({
    requestsPerMinute: requests,
    requestTimeout,
    withPermit,
    untilNextRequest: Effect.map(monotonicMillis, (now) => Math.max(waitsUntil - now, 0)),
    statistics: Ref.get(statistics),
  })
})
