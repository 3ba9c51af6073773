// Runs in PostgreSQL: `etl_runs`.

import { Effect, Layer, Struct } from "effect"
import { fromSqlError, toDatabaseError } from "../../domain/DatabaseError.ts"
import type { RecordCounts } from "../../domain/RunSummary.ts"
import { stdinUri, uriInRun } from "../../domain/stdin.ts"
import { integers, texts } from "../arrays.ts"
import { makeClient } from "../client.ts"
import { countsOf, isReplaced, isUnderWay } from "./etlFiles.ts"
import { storable } from "../../text/storable.ts"
import { makeCommitFiles } from "./commitFiles.ts"
import { makeCommit } from "./commitShare.ts"
import { makeFileLoads } from "./fileLoads.ts"
import { makeStatementWriter } from "./StatementWriter.ts"
import { patiently } from "../../repo/patience.ts"
import { Locks, sourceLock } from "../locks.ts"
import * as Migrations from "../migrate.ts"
import { runInCluster } from "../../repo/RunInClusterError.ts"
import { type Attempt, type Ending, type FileProblem, RunRepo, type RunRequest } from "../../repo/RunRepo.ts"
import { refuseInside } from "../transaction.ts"
import { isOwnUpsert } from "../users/ownUpserts.ts"

const make = Effect.gen(function* () {
  const sql = yield* makeClient
  const transaction = sql.withTransaction
  const locks = yield* Locks

  const writer = yield* makeStatementWriter(sql)
  const fileLoads = yield* makeFileLoads
  const commitFiles = makeCommitFiles(sql, writer)

  const counts = (where: string, parameters: ReadonlyArray<unknown>) =>
    sql.unsafe<RecordCounts>(countsOf(where), parameters).pipe(Effect.map((rows) => rows[0]!))

  const totalsOf = (runId: number) => counts("f.run_id = $1", [runId])

  const beginAttempt = ({ source, mapping, force }: RunRequest) =>
    Effect.gen(function* () {
      const [elsewhere] = yield* sql.unsafe<{ id: number }>(
        `select id::float8 as id from etl_runs where source = $1 and ${isUnderWay}`,
        [source],
      )
      if (elsewhere !== undefined) return yield* runInCluster(elsewhere.id, source)
      const resumed = yield* sql<Attempt>`
        update etl_runs set attempts = attempts + 1, attempted_at = now(), ended_at = null, exit_code = null,
          problems = null, execution = null, cancelled_at = null, job = null, result = null
        where id = (
          select id from etl_runs
          where source = ${source} and mapping = ${mapping} and force = ${force} and finished_at is null
          order by id desc limit 1 for update
        )
        returning id::float8 as "runId", attempts as attempt`
      if (resumed[0] !== undefined) return resumed[0]
      const started = yield* sql<Attempt>`
        insert into etl_runs (source, mapping, force) values (${source}, ${mapping}, ${force})
        returning id::float8 as "runId", attempts as attempt`
      const { runId } = started[0]!
      if (source === stdinUri) yield* sql`update etl_runs set source = ${uriInRun(source, runId)} where id = ${runId}`
      return started[0]!
    })

  return RunRepo.of({
    ...Struct.omit(fileLoads, ["takeFree"]),
    commit: makeCommit(sql, writer),

    smallFiles: (upsert) =>
      isOwnUpsert(upsert, sql) ? { takeFree: fileLoads.takeFree, commit: commitFiles(upsert) } : undefined,

    begin: Effect.fn("RunRepo.begin")(function* (request: RunRequest) {
      const { source } = request
      const begin = transaction(beginAttempt(request)).pipe(Effect.mapError(toDatabaseError), patiently)
      yield* refuseInside(sql)
      if (source !== stdinUri) {
        const warning = `Another run loads ${source}. Waiting until it is done.`
        yield* locks.take(`${sourceLock}${source}`, { warning })
        return yield* begin
      }
      const attempt = yield* begin
      // No other run waits for it: it shows that the run is running.
      yield* locks.take(`${sourceLock}${uriInRun(source, attempt.runId)}`)
      return attempt
    }),

    keepProblems: Effect.fn("RunRepo.keepProblems")(
      function* (runId: number, problems: ReadonlyArray<FileProblem>) {
        const kept = problems.map(({ uri, error }) => ({ uri: storable(uri), error: storable(error) }))
        yield* sql`update etl_runs set problems = ${JSON.stringify(kept)}::jsonb where id = ${runId}`
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),

    committed: Effect.fn("RunRepo.committed")(
      (runId: number) => counts(`f.run_id = $1 and not ${isReplaced("f")}`, [runId]),
      Effect.mapError(fromSqlError),
      patiently,
    ),

    totals: Effect.fn("RunRepo.totals")(totalsOf, Effect.mapError(fromSqlError), patiently),

    end: Effect.fn("RunRepo.end")(
      function* ({ runId, attempt }: Attempt, { exitCode, isFinished, milliseconds, stages }: Ending) {
        // The attempt's time is added once. Earlier versions did not clear `ended_at` when an attempt started.
        yield* sql`
          update etl_runs set ${sql.update(yield* totalsOf(runId))}, finished_at = ${isFinished ? sql`now()` : null},
            ended_at = greatest(now(), attempted_at), exit_code = ${exitCode}, milliseconds = milliseconds + ${milliseconds},
            stages = (
              select json_object_agg(stage, time + coalesce((stages ->> stage)::bigint, 0))
              from unnest(${texts(Object.keys(stages))}, ${integers(Object.values(stages))}) t (stage, time)
            )
          where id = ${runId} and attempts = ${attempt} and (ended_at is null or ended_at < attempted_at)`
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),
  })
})

export const layer = Layer.effect(RunRepo, make).pipe(Layer.provide([Migrations.layer, Locks.layer]))
