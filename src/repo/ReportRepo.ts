// The data of the report: the contract.

import { Context, type Effect } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { ReportData } from "../domain/ReportData.ts"
import type { RunName } from "../domain/RunRecord.ts"
import type { NotFound } from "./NotFound.ts"

/** The data of the report. */
export class ReportRepo extends Context.Service<
  ReportRepo,
  {
    /**
     * Reads all of it as of one moment, and writes nothing. `latest`: see `RunName`; no run where there is none yet.
     * Aggregates only: its memory does not grow with the tables. May be repeated.
     */
    readonly read: (run: RunName) => Effect.Effect<ReportData, DatabaseError | NotFound>
  }
>()("user-activity-etl/repo/ReportRepo") {}
