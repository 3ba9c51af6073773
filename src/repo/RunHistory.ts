import { Context, type Effect } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { RunDetails, RunName, RunRecord } from "../domain/RunRecord.ts"
import type { NotFound } from "./NotFound.ts"

/** What is kept of runs. Only reads; `NotFound` where the database has no such run, or not our tables: none are made. */
export class RunHistory extends Context.Service<
  RunHistory,
  {
    /** The run that is meant. */
    readonly find: (name: RunName) => Effect.Effect<RunRecord, DatabaseError | NotFound>
    /** The runs that were tried last, newest first, no more than `limit`, and how many there are in all. */
    readonly latest: (
      limit: number,
    ) => Effect.Effect<{ readonly runs: ReadonlyArray<RunRecord>; readonly total: number }, DatabaseError | NotFound>
    /** The run that is meant, in full. */
    readonly details: (name: RunName) => Effect.Effect<RunDetails, DatabaseError | NotFound>
  }
>()("user-activity-etl/repo/RunHistory") {}
