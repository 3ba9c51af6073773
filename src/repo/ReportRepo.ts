import { Context, type Effect, Runtime, Schema } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { ReportData } from "../domain/ReportData.ts"

/** There is nothing to report: the tables, or the run that was asked for, are not there. */
export class NothingToReport extends Schema.TaggedError<NothingToReport>()("NothingToReport", {
  message: Schema.String,
}) {
  override readonly [Runtime.errorExitCode] = 2
}

/** What a report tells of the database. */
export class ReportRepo extends Context.Service<
  ReportRepo,
  {
    /**
     * Reads all of it as of one moment, and writes nothing. `latest`: the run that was tried last, or none where there is
     * none yet. Aggregates only: what it keeps in memory does not grow with the tables. May be repeated.
     */
    readonly read: (run: number | "latest") => Effect.Effect<ReportData, DatabaseError | NothingToReport>
  }
>()("user-activity-etl/repo/ReportRepo") {}
