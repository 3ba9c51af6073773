// The history of runs in PostgreSQL, to be shown.

import { Effect, Layer } from "effect"
import { baseName } from "../../text/format.ts"
import { describeReason } from "../../domain/Reject.ts"
import type { RejectedFor } from "../../domain/RejectTally.ts"
import type { RunFile, RunName } from "../../domain/RunRecord.ts"
import { makeClient } from "../client.ts"
import { storedFormat } from "./etlFiles.ts"
import { type FileRow, findRun, latestRuns, filesOfRun, type ReasonRow, reasonsOfRun } from "./runQueries.ts"
import { fromReadError } from "../../repo/NotFound.ts"
import { RunHistory } from "../../repo/RunHistory.ts"

const toFile = ({ format, ...file }: FileRow): RunFile => ({ ...file, format: storedFormat(format) ?? null })

const make = Effect.gen(function* () {
  const sql = yield* makeClient
  const transaction = sql.withTransaction

  // All statements of an answer see the same moment.
  const snapshot = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    transaction(Effect.andThen(sql`set transaction isolation level repeatable read, read only`, effect))

  return RunHistory.of({
    find: Effect.fn("RunHistory.find")((name: RunName) => findRun(sql, name), Effect.mapError(fromReadError)),

    latest: Effect.fn("RunHistory.latest")(
      function* (limit: number) {
        const [count] = yield* sql<{ total: number }>`select count(*)::float8 as total from etl_runs`
        return { total: count!.total, runs: yield* latestRuns(sql, limit) }
      },
      snapshot,
      Effect.mapError(fromReadError),
    ),

    details: Effect.fn("RunHistory.details")(
      function* (name: RunName) {
        const run = yield* findRun(sql, name)
        const reasons = yield* sql.unsafe<ReasonRow>(reasonsOfRun, [run.runId])
        const files = yield* sql.unsafe<FileRow>(filesOfRun, [run.runId])
        return {
          ...run,
          files: files.map(toFile),
          rejectedFor: reasons.map(({ reason, records, uri, line }): RejectedFor => ({
            reason: describeReason(reason),
            records,
            file: baseName(uri),
            line,
          })),
        }
      },
      snapshot,
      Effect.mapError(fromReadError),
    ),
  })
})

export const layer = Layer.effect(RunHistory, make)
