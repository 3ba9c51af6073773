import { Context, Effect, Layer, RcMap, Schedule, type Scope } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { RecordCounts } from "../domain/RunSummary.ts"
import { ClusterRuns } from "../repo/ClusterRuns.ts"
import type { NotFound } from "../repo/NotFound.ts"
import { type Attempt, RunRepo } from "../repo/RunRepo.ts"
import { isOver } from "./Job.ts"

/** What a worker knows of an attempt at a run that others load as well; a moment old. */
export interface Watched {
  /** What the run has committed. */
  readonly counts: RecordCounts
  /** Nobody wants the attempt any more. */
  readonly isOver: boolean
}

const every = "2 seconds"

/** Looks after the attempts that a worker loads parts of: once for all their parts, since it takes longer the more files there are. */
export class RunWatch extends Context.Service<
  RunWatch,
  {
    /** The attempt as it was seen last, and is seen again every two seconds until the scope closes. */
    readonly watch: (attempt: Attempt) => Effect.Effect<() => Watched, DatabaseError | NotFound, Scope.Scope>
  }
>()("user-activity-etl/cluster/RunWatch") {
  static readonly layer = Layer.effect(
    this,
    Effect.gen(function* () {
      const runs = yield* RunRepo
      const clusterRuns = yield* ClusterRuns
      const look = Effect.fnUntraced(function* (attempt: Attempt) {
        const standing = yield* clusterRuns.standing(attempt.runId)
        return { counts: yield* runs.committed(attempt.runId), isOver: isOver(standing, attempt) } satisfies Watched
      })

      const watched = yield* RcMap.make({
        lookup: Effect.fnUntraced(function* (attempt: Attempt) {
          let last = yield* look(attempt)
          const again = Effect.map(look(attempt), (now) => void (last = now))
          // That the database is away, those tell who work with it.
          yield* Effect.forkScoped(Effect.repeat(Effect.delay(Effect.ignore(again), every), Schedule.forever))
          return () => last
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
