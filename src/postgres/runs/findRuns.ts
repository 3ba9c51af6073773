import { Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { RunName, RunRecord } from "../../domain/RunRecord.ts"
import { NotFound, noRunYet } from "../../repo/NotFound.ts"
import { hasNothing, runsOf } from "./runRecords.ts"

/** The runs that were tried last, the latest first, no more than `limit`. */
export const latestRuns = (sql: SqlClient, limit: number) =>
  sql.unsafe<RunRecord>(runsOf("select * from etl_runs order by attempted_at desc, id desc limit $1"), [limit])

/** Runs without a file come last: an answer about them would hide the real one. */
const latestRun = runsOf(`select * from etl_runs run order by ${hasNothing("run")}, attempted_at desc, id desc limit 1`)

/** The run that is meant. */
export const findRun = Effect.fnUntraced(function* (sql: SqlClient, name: RunName) {
  const [run] = yield* name === "latest"
    ? sql.unsafe<RunRecord>(latestRun)
    : sql.unsafe<RunRecord>(runsOf("select * from etl_runs where id = $1"), [name])
  if (run !== undefined) return run
  const [last] = yield* latestRuns(sql, 1)
  const message = last === undefined ? noRunYet : `There is no run ${name}. The latest is ${last.runId}.`
  return yield* new NotFound({ message })
})
