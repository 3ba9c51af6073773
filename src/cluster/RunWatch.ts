// Watches the runs whose parts a worker loads: their counts, whether they are stopped, and whether they are over.

import { Context, Effect, Layer, RcMap, Schedule, type Schema, type Scope } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { RecordCounts } from "../domain/RunSummary.ts"
import { ClusterRuns } from "../repo/ClusterRuns.ts"
import type { NotFound } from "../repo/NotFound.ts"
import { type Attempt, RunRepo } from "../repo/RunRepo.ts"
import { isOver, readJob } from "./Job.ts"
import type { Job, RunFailed } from "./LoadRun.ts"

/** The state of an attempt that other workers load as well; up to some seconds old. */
export interface AttemptState {
  /** What the run has committed. */
  readonly counts: RecordCounts
  /** The attempt is no longer wanted. */
  readonly isOver: boolean
  /** A part ended because the run has too many rejects. */
  readonly isStopped: boolean
}

const every = "2 seconds"

/** One watch for all parts of an attempt: a look takes longer the more files there are. */
export class RunWatch extends Context.Service<
  RunWatch,
  {
    /** The attempt's job, and its latest state, which is read every two seconds until the scope closes. */
    readonly watch: (
      attempt: Attempt,
    ) => Effect.Effect<
      { readonly job: Job; readonly watched: () => AttemptState },
      DatabaseError | NotFound | RunFailed | Schema.SchemaError,
      Scope.Scope
    >
  }
>()("user-activity-etl/cluster/RunWatch") {
  static readonly layer = Layer.effect(
    this,
    Effect.gen(function* () {
      const runs = yield* RunRepo
      const clusterRuns = yield* ClusterRuns
      const look = Effect.fnUntraced(function* (attempt: Attempt) {
        const standing = yield* clusterRuns.standing(attempt.runId)
        return {
          counts: yield* runs.committed(attempt.runId),
          isOver: isOver(standing, attempt),
          isStopped: yield* clusterRuns.isStopped(attempt),
        } satisfies AttemptState
      })

      const watched = yield* RcMap.make({
        lookup: Effect.fnUntraced(function* (attempt: Attempt) {
          const job = yield* readJob(attempt).pipe(Effect.provideService(ClusterRuns, clusterRuns))
          let last = yield* look(attempt)
          const again = Effect.map(look(attempt), (now) => void (last = now))
          // The work that uses the database reports its outages.
          yield* Effect.forkScoped(Effect.repeat(Effect.delay(Effect.ignore(again), every), Schedule.forever))
          return { job, watched: () => last }
        }),
        idleTimeToLive: "10 seconds",
      })
      return RunWatch.of({
        // A new object: keys are equal by value.
        watch: ({ attempt, runId }) => RcMap.get(watched, { attempt, runId }),
      })
    }),
  )
}
