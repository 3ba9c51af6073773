// Hands a run over to the workers of the database.

import { Effect, Option, Schema } from "effect"
import { ClusterRuns } from "../repo/ClusterRuns.ts"
import { type Attempt, RunRepo } from "../repo/RunRepo.ts"
import { requestOf } from "./Job.ts"
import { JobSettings, LoadRun } from "./LoadRun.ts"
import { fromStorage } from "./storage.ts"

const encodeSettings = Schema.encodeEffect(Schema.fromJsonString(JobSettings))

/** A run that a cluster loads. */
export interface HandedOver extends Attempt {
  /** The run was under way already. */
  readonly wasUnderWay: boolean
}

/**
 * The workers load it whether or not a command follows it. `source`: its URI. A source that they load already is not
 * handed over twice.
 */
export const handOver = Effect.fn("Cluster.handOver")(function* (wanted: JobSettings, source: string) {
  const clusterRuns = yield* ClusterRuns
  const runs = yield* RunRepo
  yield* clusterRuns.checkServer
  const join = Effect.fnUntraced(function* () {
    const found = Option.getOrUndefined(yield* clusterRuns.underWay(source))
    if (found?.execution == null) return undefined
    const { attempt, runId } = found
    return { runId, attempt, wasUnderWay: true } satisfies HandedOver
  })
  const underWay = yield* join()
  if (underWay !== undefined) return underWay
  const begin = Effect.gen(function* () {
    // No other process starts a run of the source before this one is handed over.
    const started = yield* runs.begin(requestOf(wanted, source))
    yield* clusterRuns.keepJob(started, yield* Effect.orDie(encodeSettings(wanted)))
    const execution = yield* fromStorage(LoadRun.execute(started, { discard: true }))
    yield* clusterRuns.handOver(started, execution)
    return { ...started, wasUnderWay: false } satisfies HandedOver
  })
  return yield* begin.pipe(
    Effect.scoped,
    Effect.catchTag(
      "RunInClusterError",
      Effect.fnUntraced(function* (error) {
        // Another client may have been faster.
        return (yield* join()) ?? (yield* error)
      }),
    ),
  )
})
