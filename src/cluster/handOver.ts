import { Effect, Option } from "effect"
import { ClusterRuns } from "../repo/ClusterRuns.ts"
import { type Attempt, RunRepo } from "../repo/RunRepo.ts"
import { UserRepo } from "../repo/UserRepo.ts"
import { requestOf } from "./Job.ts"
import { type Job, LoadRun } from "./LoadRun.ts"
import { fromStorage } from "./storage.ts"

/** A run that a cluster loads. */
export interface HandedOver extends Attempt {
  readonly execution: string
  /** It was under way already. */
  readonly isOld: boolean
}

/**
 * Hands a run over to the workers of the database; they go on with it whoever follows. `source`: its URI. A source that
 * they load already is not handed over twice.
 */
export const handOver = Effect.fn("Cluster.handOver")(function* (
  wanted: Omit<Job, "runId" | "attempt">,
  source: string,
) {
  const clusterRuns = yield* ClusterRuns
  const runs = yield* RunRepo
  yield* clusterRuns.checkServer
  yield* (yield* UserRepo).migrate
  const underWay = Option.getOrUndefined(yield* clusterRuns.underWay(source))
  if (underWay?.execution != null) {
    const { attempt, execution, runId } = underWay
    return { runId, attempt, execution, isOld: true } satisfies HandedOver
  }
  const begun = yield* Effect.scoped(runs.begin(requestOf(wanted, source)))
  // What is handed over and not kept is found to be superseded by the next attempt.
  const execution = yield* fromStorage(LoadRun.execute({ ...wanted, ...begun }, { discard: true }))
  yield* clusterRuns.handOver(begun, execution)
  return { ...begun, execution, isOld: false } satisfies HandedOver
})
