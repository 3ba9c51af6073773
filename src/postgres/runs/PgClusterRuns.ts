// What a cluster keeps of its runs, in PostgreSQL.

import { Effect, Layer, Option, Redacted, Result } from "effect"
import { type DatabaseError, fromSqlError, toDatabaseError } from "../../domain/DatabaseError.ts"
import type { RunName } from "../../domain/RunRecord.ts"
import type { RecordCounts } from "../../domain/RunSummary.ts"
import { integers, texts } from "../arrays.ts"
import { makeClient } from "../client.ts"
import { ClusterRuns, type RunProgress, type PartOfRun, type Standing } from "../../repo/ClusterRuns.ts"
import { countsOf, isUnderWay } from "./etlFiles.ts"
import { findRun } from "./runQueries.ts"
import { fromReadError, NotFound } from "../../repo/NotFound.ts"
import { patiently } from "../../repo/patience.ts"
import { requireVersion } from "../serverVersion.ts"
import type { Attempt, FileIdentity } from "../../repo/RunRepo.ts"

/** PostgreSQL 14: it ends a session that is idle for too long, and frees its locks. */
const leastVersion = 140_000

const standingColumns = `id::float8 as "runId", attempts as attempt, source, execution, ended_at is not null as "isEnded",
  cancelled_at is not null as "isCancelled", exit_code::int as "exitCode"`

const latestStanding = `
  select ${standingColumns} from etl_runs where execution is not null order by attempted_at desc, id desc limit 1`

const noneHandedOver = new NotFound({ what: "clusterRuns", message: "No run was handed over to workers yet." })

/** Parameter: the run. Of a file that is not loaded yet, the checkpoints of its parts give the bytes read. */
const progress = `
  with files as (
    select id, size, loaded_at is not null as is_loaded from etl_files where run_id = $1
  ), parts as (
    select c.file_id, c.part, min(c.byte_offset) as byte_offset, max(c.part_end) as part_end
    from etl_checkpoints c join files f on f.id = c.file_id group by 1, 2
  ), reading as (
    select file_id, sum(byte_offset - start) as bytes from (
      select *, coalesce(lag(part_end) over (partition by file_id order by part), 0) as start from parts
    ) p group by 1
  )
  select count(*)::float8 as files, count(*) filter (where is_loaded)::float8 as "filesLoaded",
    coalesce(sum(size), 0)::float8 as bytes,
    coalesce(sum(case when is_loaded then size else least(size, coalesce(r.bytes, 0)) end), 0)::float8 as "bytesRead"
  from files left join reading r on r.file_id = files.id`

/**
 * Parameter: types of entities. Of an execution the engine keeps the message that started it (`run`), one for each
 * activity, and their replies. Without a final reply it is under way, or will be when a worker is running. `not in` is
 * a hash, whatever the planner knows of the table; as `not exists` the statement took minutes for 20,000 files.
 */
const forgetMessages = `
  delete from cluster_messages m
  where m.entity_type = any($1) and (m.entity_type, m.entity_id) not in (
    select started.entity_type, started.entity_id
    from cluster_messages started left join cluster_replies reply on reply.id = started.last_reply_id
    where started.tag = 'run' and started.entity_type = any($1)
      and (
        reply.id is null
        or (started.payload::json ->> 'runId', started.payload::json ->> 'attempt') in (
          select id::text, attempts::text from etl_runs where ended_at is null
        )
        or reply.payload::json #>> '{value,_tag}' = 'Suspended'
      )
  )`

/** Deletes replies whose message is deleted: a message is always stored before its reply. */
const forgetReplies = `
  delete from cluster_replies r where not exists (select from cluster_messages m where m.id = r.request_id)`

/** Retries a read. A missing run is an answer, and not retried. */
const patientlyReading = <A>(effect: Effect.Effect<A, DatabaseError | NotFound>) =>
  Effect.result(effect).pipe(
    Effect.flatMap((result) =>
      Result.isFailure(result) && result.failure._tag === "DatabaseError"
        ? Effect.fail(result.failure)
        : Effect.succeed(result as Result.Result<A, NotFound>),
    ),
    patiently,
    Effect.flatMap(Effect.fromResult),
  )

const make = Effect.gen(function* () {
  const sql = yield* makeClient

  return ClusterRuns.of({
    checkServer: Effect.mapError(
      requireVersion(sql, leastVersion, "a cluster needs 14 or newer. Update it, or load without --cluster."),
      toDatabaseError,
    ),

    // The engine locks each shard by two keys; our own locks have one.
    workers: sql<{ workers: number }>`
      select count(distinct pid)::int as workers from pg_locks
      where locktype = 'advisory' and granted and objsubid = 2
        and database = (select oid from pg_database where datname = current_database())`.pipe(
      Effect.map(([row]) => row!.workers),
      Effect.mapError(fromSqlError),
      patiently,
    ),

    key: sql<{ key: Uint8Array<ArrayBuffer> }>`select key from etl_cluster_key`.pipe(
      Effect.map(([row]) => Redacted.make(row!.key)),
      Effect.mapError(fromSqlError),
      patiently,
    ),

    keepJob: Effect.fn("ClusterRuns.keepJob")(
      function* ({ attempt, runId }: Attempt, job: string) {
        yield* sql`update etl_runs set job = ${job}::json where id = ${runId} and attempts = ${attempt}`
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),

    job: Effect.fn("ClusterRuns.job")(
      function* ({ attempt, runId }: Attempt) {
        const [run] = yield* sql<{ job: string }>`
          select job::text as job from etl_runs where id = ${runId} and attempts = ${attempt} and job is not null`
        return Option.map(Option.fromUndefinedOr(run), ({ job }) => job)
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),

    file: Effect.fn("ClusterRuns.file")(
      function* (fileId: number) {
        const [file] = yield* sql<FileIdentity>`
          select uri, fingerprint, size::float8 as size from etl_files where id = ${fileId}`
        return Option.fromUndefinedOr(file)
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),

    handOver: Effect.fn("ClusterRuns.handOver")(
      function* ({ attempt, runId }: Attempt, execution: string) {
        yield* sql`update etl_runs set execution = ${execution} where id = ${runId} and attempts = ${attempt}`
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),

    underWay: Effect.fn("ClusterRuns.underWay")(
      function* (source: string) {
        const [run] = yield* sql.unsafe<Standing>(
          `select ${standingColumns} from etl_runs where source = $1 and ${isUnderWay} order by id desc limit 1`,
          [source],
        )
        return Option.fromUndefinedOr(run)
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),

    isAnyUnderWay: sql
      .unsafe<{ found: boolean }>(`select exists (select from etl_runs where ${isUnderWay}) as found`)
      .pipe(
        Effect.map(([row]) => row!.found),
        Effect.mapError(fromSqlError),
        patiently,
      ),

    standing: Effect.fn("ClusterRuns.standing")(
      function* (name: RunName) {
        const [run] =
          name === "latest"
            ? yield* sql.unsafe<Standing>(latestStanding)
            : yield* sql.unsafe<Standing>(`select ${standingColumns} from etl_runs where id = $1`, [name])
        if (run === undefined && name === "latest") return yield* noneHandedOver
        // Fails with the latest run in its message.
        if (run === undefined) yield* findRun(sql, name)
        return run!
      },
      Effect.mapError(fromReadError),
      patientlyReading,
    ),

    cancel: Effect.fn("ClusterRuns.cancel")(
      function* ({ attempt, runId }: Attempt) {
        yield* sql`
          update etl_runs set cancelled_at = now()
          where id = ${runId} and attempts = ${attempt} and execution is not null and ended_at is null
            and cancelled_at is null`
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),

    forgetErrors: Effect.fn("ClusterRuns.forgetErrors")(
      function* (runId: number) {
        yield* sql`update etl_files set error = null where run_id = ${runId} and error is not null`
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),

    keepOutcome: Effect.fn("ClusterRuns.keepOutcome")(
      function* ({ attempt, runId }: Attempt, { fileId, part }: PartOfRun, outcome: string) {
        yield* sql`
          insert into etl_parts (run_id, attempt, file_id, part, outcome)
          select ${runId}, ${attempt}, ${fileId}, ${part}, ${outcome}::jsonb
          where exists (select from etl_runs where id = ${runId} and attempts = ${attempt} and ended_at is null)
          on conflict do nothing`
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),

    outcomes: Effect.fn("ClusterRuns.outcomes")(
      function* ({ attempt, runId }: Attempt, parts: ReadonlyArray<PartOfRun>) {
        return yield* sql<PartOfRun & { readonly outcome: unknown }>`
          select p.file_id as "fileId", p.part, p.outcome
          from unnest(
            ${integers(parts.map(({ fileId }) => fileId))}, ${integers(parts.map(({ part }) => part))}
          ) t (file_id, part)
          join etl_parts p using (file_id, part)
          where p.run_id = ${runId} and p.attempt = ${attempt}`
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),

    isStopped: Effect.fn("ClusterRuns.isStopped")(
      function* ({ attempt, runId }: Attempt) {
        const [found] = yield* sql<{ isStopped: boolean }>`
          select exists (
            select from etl_parts
            where run_id = ${runId} and attempt = ${attempt} and outcome -> 'loaded' @> '{"isStopped": true}'
          ) as "isStopped"`
        return found!.isStopped
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),

    forgetOutcomes: Effect.fn("ClusterRuns.forgetOutcomes")(
      function* ({ attempt, runId }: Attempt) {
        yield* sql`delete from etl_parts where run_id = ${runId} and attempt <= ${attempt}`
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),

    keepResult: Effect.fn("ClusterRuns.keepResult")(
      function* ({ attempt, runId }: Attempt, result: string) {
        yield* sql`
          update etl_runs set result = ${result}::json where id = ${runId} and attempts = ${attempt} and ended_at is null`
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),

    result: Effect.fn("ClusterRuns.result")(
      function* ({ attempt, runId }: Attempt) {
        const [run] = yield* sql<{ result: string }>`
          select result::text as result from etl_runs
          where id = ${runId} and attempts = ${attempt} and ended_at is not null and result is not null`
        return Option.map(Option.fromUndefinedOr(run), ({ result }) => result)
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),

    forgetMessages: Effect.fn("ClusterRuns.forgetMessages")(
      function* (workflows: ReadonlyArray<string>) {
        yield* sql.unsafe(forgetMessages, [texts(workflows.map((name) => `Workflow/${name}`))])
        yield* sql.unsafe(forgetReplies)
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),

    progress: Effect.fn("ClusterRuns.progress")(
      function* (runId: number) {
        const [files] = yield* sql.unsafe<Omit<RunProgress, "counts">>(progress, [runId])
        const [counts] = yield* sql.unsafe<RecordCounts>(countsOf("f.run_id = $1"), [runId])
        return { ...files!, counts: counts! }
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),
  })
})

export const layer = Layer.effect(ClusterRuns, make)
