// The data of the report, read from PostgreSQL as of one moment.

import { Effect, Layer } from "effect"
import type { ReportData } from "../../domain/ReportData.ts"
import type { RunName } from "../../domain/RunRecord.ts"
import { isEmbedded, makeClient } from "../client.ts"
import { findRun, latestRuns } from "../runs/runQueries.ts"
import { fromReadError } from "../../repo/NotFound.ts"
import { readFailed, readQueue, readRejects } from "./reportRuns.ts"
import { ReportRepo } from "../../repo/ReportRepo.ts"
import { readUsers } from "./reportUsers.ts"

const maxRuns = 20

const make = Effect.gen(function* () {
  const sql = yield* makeClient
  const transaction = sql.withTransaction
  const embedded = yield* isEmbedded

  const readAll = Effect.fnUntraced(function* (name: RunName) {
    yield* sql`set transaction isolation level repeatable read read only`
    // The places of many users are tens of thousands of groups, which would take twice as long on disk.
    yield* sql`select set_config('work_mem', '64MB', true)`
    const [server] = yield* sql<{ madeAt: Date; database: string }>`
      select now() as "madeAt", current_database()::text as database`
    const runs = yield* latestRuns(sql, maxRuns)
    const run = name === "latest" && runs.length === 0 ? null : yield* findRun(sql, name)
    return {
      madeAt: server!.madeAt,
      database: embedded ? "embedded" : server!.database,
      ...(yield* readUsers(sql)),
      run,
      failed: run === null ? { total: 0, files: [] } : yield* readFailed(sql, run.runId),
      rejects: run === null ? { kept: 0, distinct: 0, reasons: [] } : yield* readRejects(sql, run.runId),
      runs,
      queue: yield* readQueue(sql),
    } satisfies ReportData
  })

  return ReportRepo.of({
    read: Effect.fn("ReportRepo.read")((run: RunName) => transaction(readAll(run)), Effect.mapError(fromReadError)),
  })
})

export const layer = Layer.effect(ReportRepo, make)
