// Locates users that are loaded already.

import { Clock, Deferred, Effect } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { LocatingSummary } from "../domain/RunSummary.ts"
import type { GeoLocator, GeoLocatorError } from "../geo/GeoLocator.ts"
import { LocationQueue } from "../repo/LocationQueue.ts"
import type { UserRepo } from "../repo/UserRepo.ts"
import * as AddressTally from "./AddressTally.ts"
import { describeEnd, drain, summarize } from "./Locate.ts"
import { completeLocating, type LocatingOptions, type PipelineOptionsError } from "./PipelineOptions.ts"
import { placeUnplaced } from "./placeUnplaced.ts"

export type { LocatingOptions } from "./PipelineOptions.ts"

/**
 * Locates all users without a place, without loading: those whose addresses are pending, and those that were loaded
 * without a locator. Safe while runs, or other calls of it, are under way.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Locating } from "user-activity-etl"
 *
 * const located = Effect.map(Locating.run({ locateFor: "10 minutes" }), ({ addresses }) => addresses.located)
 * ```
 */
export const run: (
  options?: LocatingOptions,
) => Effect.Effect<
  LocatingSummary,
  PipelineOptionsError | DatabaseError | GeoLocatorError,
  GeoLocator | UserRepo | LocationQueue
> = Effect.fn("Locating.run")(function* (options: LocatingOptions = {}) {
  const { locateFor, locationsMaxAge } = yield* completeLocating(options)
  const queue = yield* LocationQueue
  const start = yield* Clock.currentTimeMillis
  const addressTally = yield* AddressTally.make
  const timeLeft = yield* placeUnplaced(addressTally, locateFor)
  if (locationsMaxAge !== undefined) yield* queue.queueOlderThan(locationsMaxAge)
  const loaded = yield* Deferred.make<void>()
  yield* Deferred.succeed(loaded, undefined)
  const end = yield* drain({ addressTally, loaded, locateFor: timeLeft, runId: undefined })
  const summary: LocatingSummary = {
    ...(yield* summarize(addressTally, undefined)),
    ...describeEnd(end),
    milliseconds: (yield* Clock.currentTimeMillis) - start,
  }
  yield* Effect.logDebug("locating ends").pipe(Effect.annotateLogs({ step: "Locate", ...summary.addresses }))
  return summary
})
