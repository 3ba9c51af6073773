import { Effect, Layer } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { DatabaseError, fromSqlError, sqlState } from "../domain/DatabaseError.ts"
import { baseName } from "../domain/format.ts"
import { describeReason } from "../domain/Reject.ts"
import type { RejectedFor } from "../domain/RejectTally.ts"
import type { RunFile, RunRecord } from "../domain/RunRecord.ts"
import { makeClient } from "./client.ts"
import { countsOf, isReplaced } from "./etlFiles.ts"
import { RunHistory } from "./RunHistory.ts"
import { countsAsJson, type ReasonRow, reasonsOfRun, runsOf } from "./runRecords.ts"
import { makeTransaction } from "./transaction.ts"

/** Parameter: the run. */
const filesOfRun = `
  select uri, size::float8 as size, ${countsAsJson("c")} as counts,
    case when loaded_at is not null then 'loaded' when ${isReplaced("file")} then 'replaced'
      when header is not null then 'open' else 'waiting' end as state
  from etl_files file cross join lateral (${countsOf("f.id = file.id")}) c
  where run_id = $1 order by id`

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
        const reasons = yield* sql.unsafe<ReasonRow>(reasonsOfRun, [runId])
        return {
          ...run,
          files: yield* sql.unsafe<RunFile>(filesOfRun, [runId]),
          rejectedFor: reasons.map(({ reason, records, uri, line }): RejectedFor => ({
            reason: describeReason(reason),
            records,
            file: baseName(uri),
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
