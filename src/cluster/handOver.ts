import { Effect, Option, Schema } from "effect"
import { ClusterRuns } from "../repo/ClusterRuns.ts"
import { type Attempt, RunRepo } from "../repo/RunRepo.ts"
import { UserRepo } from "../repo/UserRepo.ts"
import { requestOf } from "./Job.ts"
import { JobSettings, LoadRun } from "./LoadRun.ts"
import { fromStorage } from "./storage.ts"

const encodeSettings = Schema.encodeEffect(Schema.fromJsonString(JobSettings))

/** A run that a cluster loads. */
export interface HandedOver extends Attempt {
  /** It was under way already. */
  readonly isOld: boolean
}

/**
 * Hands a run over to the workers of the database; they go on with it whoever follows. `source`: its URI. A source that
 * they load already is not handed over twice.
 */
export const handOver = Effect.fn("Cluster.handOver")(function* (wanted: JobSettings, source: string) {
  const clusterRuns = yield* ClusterRuns
  const runs = yield* RunRepo
  yield* clusterRuns.checkServer
  yield* (yield* UserRepo).migrate
  const join = Effect.fnUntraced(function* () {
    const found = Option.getOrUndefined(yield* clusterRuns.underWay(source))
    if (found?.execution == null) return undefined
    const { attempt, runId } = found
    return { runId, attempt, isOld: true } satisfies HandedOver
  })
  const underWay = yield* join()
  if (underWay !== undefined) return underWay
  const begin = Effect.gen(function* () {
    // Nobody else begins an attempt at the source before this one is kept.
    const begun = yield* runs.begin(requestOf(wanted, source))
    yield* clusterRuns.keepJob(begun, yield* Effect.orDie(encodeSettings(wanted)))
    const execution = yield* fromStorage(LoadRun.execute(begun, { discard: true }))
    yield* clusterRuns.handOver(begun, execution)
    return { ...begun, isOld: false } satisfies HandedOver
  })
  return yield* begin.pipe(
    Effect.scoped,
    Effect.catchTag(
      "RunInClusterError",
      Effect.fnUntraced(function* (error) {
        // Another client may have been sooner.
        return (yield* join()) ?? (yield* error)
      }),
    ),
  )
})
