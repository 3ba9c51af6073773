// The statements that read runs and their files.

import { Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { Reason } from "../../domain/Reject.ts"
import type { RunFile, RunName, RunRecord } from "../../domain/RunRecord.ts"
import { allCountNames } from "../../domain/RunSummary.ts"
import { noRuns, NotFound } from "../../repo/NotFound.ts"
import { isLocked, sourceLock } from "../locks.ts"
import { countsOf, isReading, isReplaced } from "./etlFiles.ts"

/** The counts of a row, or of several together, as one JSON value. */
const countsAsJson = (row: string): string =>
  `json_build_object(${allCountNames.map((name) => `'${name}', ${row}.${name}`).join(", ")})`

/** A column of the last attempt's end. Earlier versions did not clear it when an attempt started. */
const ofLastAttempt = (column: string): string => `case when r.ended_at >= r.attempted_at then r.${column} end`

/**
 * Whether a cluster loads the run, or a process: one that has the lock of the source loads its run with the latest
 * attempt.
 */
const isRunning = `
  r.finished_at is null and ${ofLastAttempt("ended_at")} is null
  and r.id = (select id from etl_runs l where l.source = r.source order by l.attempted_at desc, l.id desc limit 1)
  and (r.execution is not null or ${isLocked(`'${sourceLock}' || r.source`)})`

/** Whether a file belongs to the `run`, a name of `etl_runs` in the statement. */
const hasFile = (run: string): string => `exists (select from etl_files f where f.run_id = ${run}.id)`

/** Whether the `run` has ended without a file: all were loaded, or it listed none. */
const hasNothing = (run: string): string =>
  `((${run}.finished_at is not null or ${run}.ended_at is not null) and ${run}.read = 0 and not ${hasFile(run)})`

/** Whether the `run` found all files of its source loaded. */
const hadNothingToDo = (run: string): string =>
  `(${run}.finished_at is not null and ${run}.read = 0 and not ${hasFile(run)})`

/** The runs that `rows` selects from `etl_runs`. */
const runsOf = (rows: string): string => `
  select id::float8 as "runId", source, force, attempts, started_at as "startedAt", attempted_at as "attemptedAt",
    "endedAt", finished_at as "finishedAt", "exitCode", totals,
    case when exists (select from jsonb_each_text(stages) where value <> '0') then stages end as stages,
    case when "nothingToDo" then 'nothing to do' when finished_at is not null then 'finished'
      when cancelled_at is not null then 'cancelled' when running then 'running'
      when "hasFile" and not ${isReading("source")} then 'unfinished' else 'failed' end as state,
    execution is not null as cluster,
    nullif(
      milliseconds + case when running then (extract(epoch from now() - attempted_at) * 1000)::bigint else 0 end, 0
    )::float8 as milliseconds
  from (
    select r.*, ${isRunning} as running, ${hadNothingToDo("r")} as "nothingToDo", ${hasFile("r")} as "hasFile",
      ${ofLastAttempt("ended_at")} as "endedAt",
      ${ofLastAttempt("exit_code::int")} as "exitCode", coalesce(live.totals, ${countsAsJson("r")}) as totals
    from (${rows}) r
    left join lateral (
      select ${countsAsJson("c")} as totals from (${countsOf("f.run_id = r.id")}) c
    ) live on r.finished_at is null
  ) runs
  order by attempted_at desc, id desc`

/** The runs with the latest attempts, the latest first, at most `limit`. */
export const latestRuns = (sql: SqlClient, limit: number) =>
  sql.unsafe<RunRecord>(runsOf("select * from etl_runs order by attempted_at desc, id desc limit $1"), [limit])

/** Runs without a file come last: they would hide the run that a person means. */
const latestRun = runsOf(`select * from etl_runs run order by ${hasNothing("run")}, attempted_at desc, id desc limit 1`)

/** The named run. */
export const findRun = Effect.fnUntraced(function* (sql: SqlClient, name: RunName) {
  const [run] = yield* name === "latest"
    ? sql.unsafe<RunRecord>(latestRun)
    : sql.unsafe<RunRecord>(runsOf("select * from etl_runs where id = $1"), [name])
  if (run !== undefined) return run
  const [last] = yield* latestRuns(sql, 1)
  if (last === undefined) return yield* noRuns()
  return yield* new NotFound({ what: "run", message: `There is no run ${name}. The latest is ${last.runId}.` })
})

/** The state of a `file` of the statement. A run is finished when all files that its source then had are loaded. */
const stateOf = `case when loaded_at is not null then 'loaded' when ${isReplaced("file")} then 'replaced'
  when exists (select from etl_runs where id = $1 and finished_at is not null) then 'gone'
  when error is not null then 'failed' when header is not null then 'open' else 'waiting' end`

/** Files of the run that could not even be listed, and have no number. Earlier versions left them in finished runs. */
const unlisted = `
  select null::integer as id, p.uri, 'failed' as state, p.error
  from etl_runs r cross join jsonb_to_recordset(r.problems) as p (uri text, error text)
  where r.id = $1 and r.finished_at is null`

const noCounts = `json_build_object(${allCountNames.map((name) => `'${name}', 0`).join(", ")})`

/** A file; for its format see `storedFormat`. */
export type FileRow = Omit<RunFile, "format"> & { readonly format: unknown }

/** Parameter: the run. */
export const filesOfRun = `
  select uri, size, state, format, counts, error from (
    select id, uri, size::float8 as size, ${stateOf} as state, format, ${countsAsJson("c")} as counts,
      case when loaded_at is null then error end as error
    from etl_files file cross join lateral (${countsOf("f.id = file.id")}) c
    where run_id = $1
    union all
    select id, uri, 0, state, null, ${noCounts}, error from (${unlisted}) unlisted
  ) files
  order by id, uri`

/** The files of a run that failed; `total`: the number of all of them. Parameter: the run. */
export const failedOfRun = `
  select uri, error, (count(*) over ())::float8 as total from (
    select id, uri, ${stateOf} as state, error from etl_files file where run_id = $1 and error is not null
    union all ${unlisted}
  ) files
  where state = 'failed'
  order by id, uri`

/** A reason of a run, how many records it rejected, and where the first is; `distinct`: the number of all reasons. */
export interface ReasonRow {
  readonly reason: Pick<Reason, "column" | "message">
  readonly records: number
  readonly uri: string
  readonly line: number
  readonly distinct: number
}

/**
 * Parameter: the run. A record that has a reason twice counts once. Records with the same reasons are counted together
 * before the reasons are separated: a million records have few kinds, without the texts at fault of the first two.
 */
export const reasonsOfRun = `
  with kinds as (
    select reasons #- '{0,value}' #- '{0,detail}' #- '{1,value}' as reasons, count(*) as records,
      min(array[file_id, byte_offset]) as first
    from etl_rejects where run_id = $1 group by 1
  ), counted as (
    select reason, sum(records)::float8 as records, min(first) as first
    from kinds cross join lateral (
      select distinct jsonb_build_object('column', entry -> 'column', 'message', entry -> 'message') as reason
      from jsonb_array_elements(reasons) entry
    ) of_kind
    group by reason
  )
  select reason, records, f.uri, r.line::float8 as line, (count(*) over ())::float8 as "distinct"
  from counted
  join etl_rejects r on r.file_id = first[1] and r.byte_offset = first[2]
  join etl_files f on f.id = r.file_id
  order by records desc, first`
