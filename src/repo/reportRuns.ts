import { Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { QueueState, ReasonCount, ReportData, ReportedRun, RunState } from "../domain/ReportData.ts"
import type { RecordCounts } from "../domain/RunSummary.ts"
import type { StageTimes } from "../domain/StageTimes.ts"
import { outcomes } from "./etlFiles.ts"

const mostRuns = 20
const mostReasons = 50
const mostUnlocatable = 20

/** Whether a process holds the lock of the run's source: see PgLocks. An embedded database is ours alone. */
const isLoading = `exists (
  select from pg_locks where locktype = 'advisory' and granted and objsubid = 1
    and database = (select oid from pg_database where datname = current_database())
    and (classid::bigint << 32) | objid::bigint = hashtextextended('source ' || r.source, 0)
)`

/** Runs that the condition selects. */
const runs = (where: string): string => `
  select r.id::float8 as id, left(r.source, 500) as source, r.attempts, r.started_at as "startedAt",
    r.attempted_at as "attemptedAt", r.ended_at as "endedAt", r.exit_code as "exitCode",
    nullif(r.milliseconds, 0)::float8 as milliseconds, r.stages,
    case
      when r.finished_at is not null then 'finished'
      when r.ended_at is null and ${isLoading}
        and not exists (select from etl_runs l where l.source = r.source and l.attempted_at > r.attempted_at)
      then 'running'
      when r.ended_at is null then 'interrupted'
      else 'unfinished' end as state,
    ${outcomes.map((outcome) => `r.${outcome}::float8 as ${outcome}`).join(", ")}
  from etl_runs r ${where}`

/** What constraints and triggers said may quote values: `detail` is left where it is. */
const reasons = `
  with reasons as materialized (
    select reason ->> 'column' as "column", left(reason ->> 'message', 300) as message, count(*)::float8 as records,
      min(array[r.file_id, r.byte_offset, r.line]) as first
    from etl_rejects r cross join jsonb_array_elements(r.reasons) reason
    where r.run_id = $1 group by 1, 2
  )
  select "column", message, records, left(f.uri, 500) as uri, first[3]::float8 as line,
    (count(*) over ())::float8 as "distinct"
  from reasons join etl_files f on f.id = first[1]
  order by records desc, first limit ${mostReasons}`

const queue = `
  select count(*) filter (where status = 'pending')::float8 as waiting,
    count(*) filter (where status = 'pending' and claimed_until > now())::float8 as claimed,
    count(*) filter (where status = 'located')::float8 as located
  from ip_locations`

const unlocatable = `
  select coalesce(left(reason, 100), 'unknown') as reason, count(*)::float8 as addresses
  from ip_locations where status = 'unlocatable' group by 1 order by 2 desc, 1 limit ${mostUnlocatable}`

type RunRow = Omit<ReportedRun, "counts"> &
  RecordCounts & { readonly state: RunState; readonly stages: StageTimes | null }

const toRun = ({ read, inserted, updated, unchanged, stale, duplicate, rejected, ...run }: RunRow): ReportedRun => ({
  ...run,
  counts: { read, inserted, updated, unchanged, stale, duplicate, rejected },
})

/** The runs tried last, the latest first. */
export const readRuns = (sql: SqlClient) =>
  sql
    .unsafe<RunRow>(runs(`order by r.attempted_at desc, r.id desc limit ${mostRuns}`))
    .pipe(Effect.map((rows) => rows.map(toRun)))

export const readRun = (sql: SqlClient, id: number) =>
  sql.unsafe<RunRow>(runs("where r.id = $1"), [id]).pipe(Effect.map((rows) => rows.map(toRun)[0]))

/** The rejects of a run by reason. A record that has several counts for each. */
export const readRejects = Effect.fnUntraced(function* (sql: SqlClient, runId: number) {
  type Row = Omit<ReasonCount, "example"> & ReasonCount["example"] & { readonly distinct: number }
  const rows = yield* sql.unsafe<Row>(reasons, [runId])
  const [counted] = yield* sql.unsafe<{ kept: number }>(
    "select count(*)::float8 as kept from etl_rejects where run_id = $1",
    [runId],
  )
  return {
    kept: counted!.kept,
    distinct: rows[0]?.distinct ?? 0,
    reasons: rows.map(({ column, message, records, uri, line }) => ({
      column,
      message,
      records,
      example: { uri, line },
    })),
  } satisfies ReportData["rejects"]
})

export const readQueue = Effect.fnUntraced(function* (sql: SqlClient) {
  const [counts] = yield* sql.unsafe<Omit<QueueState, "unlocatable">>(queue)
  return { ...counts!, unlocatable: yield* sql.unsafe<QueueState["unlocatable"][number]>(unlocatable) }
})
