// Locates the pending addresses of a cluster's runs: one worker at a time, for all.

import { Deferred, Effect, Schedule } from "effect"
import { Singleton } from "effect/cluster"
import * as AddressTally from "../pipeline/AddressTally.ts"
import { GeoLocator } from "../geo/GeoLocator.ts"
import { explain } from "../observability/Advice.ts"
import * as Locate from "../pipeline/Locate.ts"
import { ClusterRuns } from "../repo/ClusterRuns.ts"
import { LocationQueue } from "../repo/LocationQueue.ts"

/** How often to look for addresses, and whether runs are under way. */
const pollInterval = "1 second"

/** How long to wait after the service failed or answered no pending address, or the database failed. */
const pause = "1 minute"

/** Answers the pending addresses, in full batches while a run of the cluster is under way. */
const pass = Effect.gen(function* () {
  const queue = yield* LocationQueue
  const clusterRuns = yield* ClusterRuns
  if ((yield* queue.waiting) === 0) return yield* Effect.sleep(pollInterval)
  const loaded = yield* Deferred.make<void>()
  const untilLoaded = Effect.gen(function* () {
    while (yield* clusterRuns.isAnyUnderWay) yield* Effect.sleep(pollInterval)
    yield* Deferred.succeed(loaded, undefined)
  })
  yield* Effect.forkScoped(untilLoaded)
  const addressTally = yield* AddressTally.make
  const problem = yield* Locate.drain({ loaded, locateFor: undefined, addressTally, runId: undefined })
  const { located, unlocatable } = yield* addressTally.counts
  const isUnanswered = located + unlocatable === 0 && (yield* queue.waiting) > 0
  if (problem !== undefined || isUnanswered) yield* Effect.sleep(pause)
}).pipe(Effect.scoped)

const passWithRetries = Effect.retry(
  Effect.tapError(pass, (error) =>
    Effect.flatMap(explain(error), (why) => Effect.logError(why)).pipe(Effect.annotateLogs({ step: "Locate" })),
  ),
  Schedule.spaced(pause),
)

/** Where two workers both believe to be the one, claims and quota keep them apart. */
export const layer = Singleton.make(
  "Locating",
  Effect.gen(function* () {
    const { instant, service } = yield* GeoLocator
    return yield* instant === undefined && service === undefined ? Effect.never : Effect.forever(passWithRetries)
  }),
)
