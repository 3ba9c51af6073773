// The history of runs, to be shown: the contract.

import { Context, type Effect } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { RunDetails, RunName, RunRecord } from "../domain/RunRecord.ts"
import type { NotFound } from "./NotFound.ts"

/** What is kept of runs. Only reads; `NotFound` where the database lacks the run, or our tables. */
export class RunHistory extends Context.Service<
  RunHistory,
  {
    /** The named run. */
    readonly find: (name: RunName) => Effect.Effect<RunRecord, DatabaseError | NotFound>
    /** The runs with the latest attempts, newest first, at most `limit`, and the number of all runs. */
    readonly latest: (
      limit: number,
    ) => Effect.Effect<{ readonly runs: ReadonlyArray<RunRecord>; readonly total: number }, DatabaseError | NotFound>
    /** The named run, in full. */
    readonly details: (name: RunName) => Effect.Effect<RunDetails, DatabaseError | NotFound>
  }
>()("user-activity-etl/repo/RunHistory") {}
