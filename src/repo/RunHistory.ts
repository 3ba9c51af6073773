import { Context, type Effect } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { RunDetails, RunRecord } from "../domain/RunRecord.ts"

/** What is kept of runs. Only reads; a database without our tables has no run, and none are made. */
export class RunHistory extends Context.Service<
  RunHistory,
  {
    /** The id of the run that was tried last; undefined where there is none. */
    readonly latestRun: Effect.Effect<number | undefined, DatabaseError>
    /** Whether there is a run of that id. */
    readonly isRun: (runId: number) => Effect.Effect<boolean, DatabaseError>
    /** The runs that were tried last, newest first, no more than `limit`, and how many there are in all. */
    readonly latest: (
      limit: number,
    ) => Effect.Effect<{ readonly runs: ReadonlyArray<RunRecord>; readonly total: number }, DatabaseError>
    /** A run in full; undefined where there is none of that id. */
    readonly details: (runId: number) => Effect.Effect<RunDetails | undefined, DatabaseError>
  }
>()("user-activity-etl/repo/RunHistory") {}
