import { Context, Effect, Layer, RcMap, Schedule, type Schema, type Scope } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { RecordCounts } from "../domain/RunSummary.ts"
import { ClusterRuns } from "../repo/ClusterRuns.ts"
import type { NotFound } from "../repo/NotFound.ts"
import { type Attempt, RunRepo } from "../repo/RunRepo.ts"
import { isOver, readJob } from "./Job.ts"
import type { Job, RunFailed } from "./LoadRun.ts"

/** What a worker knows of an attempt at a run that others load as well; a moment old. */
export interface AttemptState {
  /** What the run has committed. */
  readonly counts: RecordCounts
  /** Nobody wants the attempt any more. */
  readonly isOver: boolean
  /** A part has found that the run has too many rejects. */
  readonly isStopped: boolean
}

const every = "2 seconds"

/** Looks after the attempts that a worker loads parts of: once for all their parts, since it takes longer the more files there are. */
export class RunWatch extends Context.Service<
  RunWatch,
  {
    /** What the attempt was asked for, and how it was seen last: again every two seconds until the scope closes. */
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
          // That the database is away, those tell who work with it.
          yield* Effect.forkScoped(Effect.repeat(Effect.delay(Effect.ignore(again), every), Schedule.forever))
          return { job, watched: () => last }
        }),
        idleTimeToLive: "10 seconds",
      })
      return RunWatch.of({
        // Equal by value.
        watch: ({ attempt, runId }) => RcMap.get(watched, { attempt, runId }),
      })
    }),
  )
}
