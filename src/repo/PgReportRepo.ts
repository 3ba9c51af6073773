import { Effect, Layer } from "effect"
import { fromSqlError, sqlState } from "../domain/DatabaseError.ts"
import type { ReportData } from "../domain/ReportData.ts"
import { isEmbedded, makeClient } from "./client.ts"
import { readQueue, readRejects, readRun, readRuns } from "./reportRuns.ts"
import { NothingToReport, ReportRepo } from "./ReportRepo.ts"
import { readUsers } from "./reportUsers.ts"
import { makeTransaction } from "./transaction.ts"

/** SQLSTATE of a table or a column that is not there. */
const undefinedObject = ["42P01", "42703"]

const noTables = () =>
  new NothingToReport({
    message:
      "The database lacks the tables of this version. Load files first: etl --source DIR, or create or upgrade the tables: etl init, with the same database flags.",
  })

const make = Effect.gen(function* () {
  const sql = yield* makeClient
  const transaction = makeTransaction(sql)
  const embedded = yield* isEmbedded

  const findRun = Effect.fnUntraced(function* (name: number | "latest", latest: number | undefined) {
    const id = name === "latest" ? latest : name
    if (id === undefined) return null
    const run = yield* readRun(sql, id)
    if (run !== undefined) return run
    return yield* new NothingToReport({
      message:
        latest === undefined
          ? "The database has no run yet. Load files first: etl --source DIR, with the same database flags."
          : `There is no run ${name}. The latest is ${latest}.`,
    })
  })

  const readAll = Effect.fnUntraced(function* (name: number | "latest") {
    yield* sql`set transaction isolation level repeatable read read only`
    // Places of many users are tens of thousands of groups: on disk they would take twice as long.
    yield* sql`select set_config('work_mem', '64MB', true)`
    const [server] = yield* sql<{ madeAt: Date; database: string }>`
      select now() as "madeAt", current_database()::text as database`
    const runs = yield* readRuns(sql)
    const run = yield* findRun(name, runs[0]?.runId)
    return {
      madeAt: server!.madeAt,
      database: embedded ? "embedded" : server!.database,
      ...(yield* readUsers(sql)),
      run,
      rejects: run === null ? { kept: 0, distinct: 0, reasons: [] } : yield* readRejects(sql, run.runId),
      runs,
      queue: yield* readQueue(sql),
    } satisfies ReportData
  })

  return ReportRepo.of({
    read: Effect.fn("ReportRepo.read")(
      (run: number | "latest") => transaction(readAll(run)),
      Effect.catchTag("SqlError", (error) =>
        Effect.fail(undefinedObject.includes(sqlState(error) ?? "") ? noTables() : fromSqlError(error)),
      ),
    ),
  })
})

export const layer = Layer.effect(ReportRepo, make)
