import { Deferred, Effect, Schedule } from "effect"
import { Singleton } from "effect/cluster"
import * as AddressTally from "../pipeline/AddressTally.ts"
import { GeoLocator } from "../geo/GeoLocator.ts"
import * as Locating from "../pipeline/Locate.ts"
import { ClusterRuns } from "../repo/ClusterRuns.ts"
import { LocationQueue } from "../repo/LocationQueue.ts"

/** How often is looked for addresses, and whether runs go on. */
const glance = "1 second"

/** How long a service is left alone that has given up or answers nothing of what waits, or a database that does not answer. */
const pause = "1 minute"

/** Answers what waits, in full batches while a run of the cluster goes on. */
const pass = Effect.gen(function* () {
  const queue = yield* LocationQueue
  const clusterRuns = yield* ClusterRuns
  if ((yield* queue.waiting) === 0) return yield* Effect.sleep(glance)
  const loaded = yield* Deferred.make<void>()
  const untilLoaded = Effect.gen(function* () {
    while (yield* clusterRuns.isAnyUnderWay) yield* Effect.sleep(glance)
    yield* Deferred.succeed(loaded, undefined)
  })
  yield* Effect.forkScoped(untilLoaded)
  const addressTally = yield* AddressTally.make
  const problem = yield* Locating.drain({ loaded, locateFor: undefined, addressTally, runId: undefined })
  const { located, unlocatable } = yield* addressTally.counts
  const isUnanswered = located + unlocatable === 0 && (yield* queue.waiting) > 0
  if (problem !== undefined || isUnanswered) yield* Effect.sleep(pause)
}).pipe(Effect.scoped)

const patient = Effect.retry(
  Effect.tapError(pass, (error) => Effect.logError(error.message).pipe(Effect.annotateLogs({ step: "Locate" }))),
  Schedule.spaced(pause),
)

/** One worker at a time drains the queue for all. Where two believe to be the one, claims and quota keep them apart. */
export const layer = Singleton.make(
  "Locating",
  Effect.gen(function* () {
    const { instant, service } = yield* GeoLocator
    return yield* instant === undefined && service === undefined ? Effect.never : Effect.forever(patient)
  }),
)
