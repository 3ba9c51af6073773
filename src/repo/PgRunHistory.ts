import { Effect, Layer } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { DatabaseError, fromSqlError, sqlState } from "../domain/DatabaseError.ts"
import { describeReason, type Reason } from "../domain/Reject.ts"
import type { RejectedFor } from "../domain/RejectTally.ts"
import type { RunFile, RunRecord } from "../domain/RunRecord.ts"
import { makeClient } from "./client.ts"
import { countsOf, isReplaced, outcomes } from "./etlFiles.ts"
import { lockKey, sourceLock } from "./PgLocks.ts"
import { RunHistory } from "./RunHistory.ts"
import { nameOf } from "./RunRepo.ts"
import { makeTransaction } from "./transaction.ts"

/** The counts of a row, or of several together, as one JSON value. */
const countsAsJson = (row: string): string =>
  `json_build_object(${outcomes.map((outcome) => `'${outcome}', ${row}.${outcome}`).join(", ")})`

/** Whether a process loads the run: it has the lock of the source, and the run is the one that was tried last of it. */
const isRunning = `
  r.finished_at is null and r.ended_at is null
  and r.id = (
    select id from etl_runs l where l.source = r.source and l.finished_at is null
    order by l.attempted_at desc, l.id desc limit 1
  )
  and exists (
    select from pg_locks l
    where l.locktype = 'advisory' and l.granted and l.objsubid = 1
      and l.database = (select oid from pg_database where datname = current_database())
      and (l.classid::bigint << 32) | l.objid::bigint = ${lockKey(`'${sourceLock}' || r.source`)}
  )`

/** The runs that `rows` selects of `etl_runs`. */
const runsOf = (rows: string): string => `
  select id::float8 as "runId", source, force, attempts, started_at as "startedAt", attempted_at as "attemptedAt",
    ended_at as "endedAt", finished_at as "finishedAt", exit_code::int as "exitCode", stages, totals,
    case when finished_at is not null then 'finished' when running then 'running' else 'unfinished' end as state,
    nullif(
      milliseconds + case when running then (extract(epoch from now() - attempted_at) * 1000)::bigint else 0 end, 0
    )::float8 as milliseconds
  from (
    select r.*, ${isRunning} as running, coalesce(live.totals, ${countsAsJson("r")}) as totals
    from (${rows}) r
    left join lateral (
      select ${countsAsJson("c")} as totals from (${countsOf("f.run_id = r.id")}) c
    ) live on r.finished_at is null
  ) runs
  order by attempted_at desc, id desc`

/** Parameter: the run. */
const filesOfRun = `
  select uri, size::float8 as size, ${countsAsJson("c")} as counts,
    case when loaded_at is not null then 'loaded' when ${isReplaced("file")} then 'replaced'
      when header is not null then 'open' else 'waiting' end as state
  from etl_files file cross join lateral (${countsOf("f.id = file.id")}) c
  where run_id = $1 order by id`

/**
 * Parameter: the run. A record that names a reason twice counts once. Records with the same reasons are counted together
 * before these are told apart: of a million there are few kinds.
 */
const reasonsOfRun = `
  with kinds as (
    select reasons, count(*) as records, min(array[file_id, byte_offset]) as first
    from etl_rejects where run_id = $1 group by reasons
  ), counted as (
    select reason, sum(records)::float8 as records, min(first) as first
    from kinds cross join lateral (
      select distinct jsonb_build_object('column', told -> 'column', 'message', told -> 'message') as reason
      from jsonb_array_elements(reasons) told
    ) of_kind
    group by reason
  )
  select reason, records, f.uri, r.line::float8 as line
  from counted
  join etl_rejects r on r.file_id = first[1] and r.byte_offset = first[2]
  join etl_files f on f.id = r.file_id
  order by records desc, first`

/** SQLSTATEs: the table is not there, or not the column. */
const undefinedTable = "42P01"
const undefinedColumn = "42703"

const toDatabaseError = (error: SqlError): DatabaseError =>
  sqlState(error) === undefinedColumn
    ? new DatabaseError({
        operation: "query",
        message: "The tables are of an earlier version of this program. etl init upgrades them, and so does a run.",
        sqlState: undefinedColumn,
        retryable: false,
      })
    : fromSqlError(error)

const make = Effect.gen(function* () {
  const sql = yield* makeClient
  const transaction = makeTransaction(sql)

  const orWithoutTables =
    <B>(nothing: B) =>
    <A, R>(effect: Effect.Effect<A, SqlError, R>) =>
      effect.pipe(
        Effect.catchIf(
          (error) => sqlState(error) === undefinedTable,
          () => Effect.succeed(nothing),
        ),
        Effect.mapError(toDatabaseError),
      )

  // One moment for all of an answer: its statements see the same.
  const snapshot = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    transaction(Effect.andThen(sql`set transaction isolation level repeatable read, read only`, effect))

  return RunHistory.of({
    latestRun: sql<{
      id: number
    }>`select id::float8 as id from etl_runs order by attempted_at desc, etl_runs.id desc limit 1`.pipe(
      Effect.map((rows) => rows[0]?.id),
      orWithoutTables(undefined),
    ),

    isRun: Effect.fn("RunHistory.isRun")(function* (runId: number) {
      return (yield* sql`select from etl_runs where id = ${runId}`).length > 0
    }, orWithoutTables(false)),

    latest: Effect.fn("RunHistory.latest")(
      function* (limit: number) {
        const [count] = yield* sql<{ total: number }>`select count(*)::float8 as total from etl_runs`
        const rows = "select * from etl_runs order by attempted_at desc, id desc limit $1"
        return { total: count!.total, runs: yield* sql.unsafe<RunRecord>(runsOf(rows), [limit]) }
      },
      snapshot,
      orWithoutTables({ total: 0, runs: [] }),
    ),

    details: Effect.fn("RunHistory.details")(
      function* (runId: number) {
        const [run] = yield* sql.unsafe<RunRecord>(runsOf("select * from etl_runs where id = $1"), [runId])
        if (run === undefined) return undefined
        const reasons = yield* sql.unsafe<{ reason: Reason; records: number; uri: string; line: number }>(
          reasonsOfRun,
          [runId],
        )
        return {
          ...run,
          files: yield* sql.unsafe<RunFile>(filesOfRun, [runId]),
          rejectedFor: reasons.map(({ reason, records, uri, line }): RejectedFor => ({
            reason: describeReason(reason),
            records,
            file: nameOf(uri),
            line,
          })),
        }
      },
      snapshot,
      orWithoutTables(undefined),
    ),
  })
})

export const layer = Layer.effect(RunHistory, make)
