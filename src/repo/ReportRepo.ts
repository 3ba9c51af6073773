import { Context, type Effect } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { ReportData } from "../domain/ReportData.ts"
import type { RunName } from "../domain/RunRecord.ts"
import type { NotFound } from "./NotFound.ts"

/** What a report tells of the database. */
export class ReportRepo extends Context.Service<
  ReportRepo,
  {
    /**
     * Reads all of it as of one moment, and writes nothing. `latest`: see `RunName`, or none where there is
     * none yet. Aggregates only: what it keeps in memory does not grow with the tables. May be repeated.
     */
    readonly read: (run: RunName) => Effect.Effect<ReportData, DatabaseError | NotFound>
  }
>()("user-activity-etl/repo/ReportRepo") {}
