// The report's data on runs: failed files, rejects by reason, the queue.

import { Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { QueueState, ReportData } from "../../domain/ReportData.ts"
import { failedOfRun, type ReasonRow, reasonsOfRun } from "../runs/runQueries.ts"

const maxFailed = 20
const maxReasons = 50
const maxUnlocatable = 20

const queue = `
  select count(*) filter (where status = 'pending')::float8 as waiting,
    count(*) filter (where status = 'pending' and claimed_until > now())::float8 as claimed,
    count(*) filter (where status = 'located')::float8 as located
  from ip_locations`

const unlocatable = `
  select coalesce(left(reason, 100), 'unknown') as reason, count(*)::float8 as addresses
  from ip_locations where status = 'unlocatable' group by 1 order by 2 desc, 1 limit ${maxUnlocatable}`

/** The files of a run that failed. */
export const readFailed = (sql: SqlClient, runId: number) =>
  sql.unsafe<{ uri: string; error: string; total: number }>(`${failedOfRun} limit ${maxFailed}`, [runId]).pipe(
    Effect.map((rows): ReportData["failed"] => ({
      total: rows[0]?.total ?? 0,
      files: rows.map(({ uri, error }) => ({ uri, error })),
    })),
  )

/** The rejects of a run by reason. A record with several reasons counts for each. */
export const readRejects = Effect.fnUntraced(function* (sql: SqlClient, runId: number) {
  const rows = yield* sql.unsafe<ReasonRow>(`${reasonsOfRun} limit ${maxReasons}`, [runId])
  const [counted] = yield* sql.unsafe<{ kept: number }>(
    "select count(*)::float8 as kept from etl_rejects where run_id = $1",
    [runId],
  )
  return {
    kept: counted!.kept,
    distinct: rows[0]?.distinct ?? 0,
    reasons: rows.map(({ reason, records, uri, line }) => ({
      column: reason.column,
      message: reason.message,
      records,
      example: { uri, line },
    })),
  } satisfies ReportData["rejects"]
})

export const readQueue = Effect.fnUntraced(function* (sql: SqlClient) {
  const [counts] = yield* sql.unsafe<Omit<QueueState, "unlocatable">>(queue)
  return { ...counts!, unlocatable: yield* sql.unsafe<QueueState["unlocatable"][number]>(unlocatable) }
})
