// Reports how many addresses are pending, to the metric, the display and the log, while the queue is drained.

import { Deferred, Effect, References } from "effect"
import { describeQueue } from "../domain/Estimate.ts"
import { type GeoService, rateOf } from "../geo/GeoLocator.ts"
import * as Metrics from "../observability/Metrics.ts"
import { monotonicMillis } from "../observability/monotonic.ts"
import { reportProgress } from "../observability/Progress.ts"
import { LocationQueue } from "../repo/LocationQueue.ts"

/** Reports how many addresses are pending. */
export const reportWaiting = Effect.fnUntraced(function* (service: GeoService | undefined, waiting: number) {
  yield* Metrics.recordQueue(waiting)
  if (service !== undefined) {
    const untilNextRequest = yield* service.untilNextRequest ?? Effect.succeed(0)
    yield* reportProgress({ _tag: "Queued", waiting, untilNextRequest })
  }
})

const countWaiting = Effect.fnUntraced(function* (service: GeoService) {
  const waiting = yield* (yield* LocationQueue).waiting
  yield* reportWaiting(service, waiting)
  return waiting
})

/** Logs how long the service will need for the pending addresses, where they need more than one request. */
const logEstimate = Effect.fnUntraced(function* (service: GeoService) {
  const waiting = yield* countWaiting(service)
  if (waiting > service.batchSize) yield* Effect.logInfo(describeQueue(waiting, rateOf(service)))
})

/** Logs the estimate at once, and again when no more addresses will come. */
const logEstimates = Effect.fnUntraced(function* (service: GeoService, loaded: Deferred.Deferred<void>) {
  const isLoading = !(yield* Deferred.isDone(loaded))
  yield* logEstimate(service)
  if (!isLoading) return
  yield* Deferred.await(loaded)
  yield* logEstimate(service)
})

/** Milliseconds between two counts: a second or, where counting takes long, more. Loading must not wait for it. */
const pauseAfter = (millis: number): number => Math.min(Math.max(millis * 50, 1_000), 10_000)

/**
 * Counts the pending addresses from time to time. Errors are ignored: the fibers that use the database report outages.
 */
const keepCounting = (service: GeoService) => {
  let pause = pauseAfter(0)
  const count = Effect.gen(function* () {
    const start = yield* monotonicMillis
    yield* countWaiting(service)
    pause = pauseAfter((yield* monotonicMillis) - start)
  }).pipe(Effect.provideService(References.MinimumLogLevel, "None"), Effect.withTracerEnabled(false), Effect.ignore)
  const wait = Effect.suspend(() => Effect.sleep(pause))
  return Effect.forever(Effect.andThen(wait, count))
}

/** Watches the queue until the scope closes. `loaded`: no more addresses will come. */
export const watchQueue = Effect.fnUntraced(function* (service: GeoService, loaded: Deferred.Deferred<void>) {
  yield* Effect.forkScoped(logEstimates(service, loaded))
  yield* Effect.forkScoped(keepCounting(service))
})
