import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import { fromSqlError } from "../domain/DatabaseError.ts"
import type { RecordCounts } from "../domain/RunSummary.ts"
import { integers, texts } from "./arrays.ts"
import { type FileIdentity, type FileLoad, RunRepo, type RunRequest } from "./RunRepo.ts"
import { transaction } from "./transaction.ts"
import type { LoadRef } from "./UserRepo.ts"

/** Files of one statement. */
const batchSize = 5_000

interface FileRow {
  readonly id: number
  readonly runId: number
  readonly load: number
  readonly mapping: string
  readonly isLoaded: boolean
  readonly header: Uint8Array | null
  readonly byteOffset: number
  readonly line: number
}

const countSums = `sum(read)::float8 as read, sum(inserted)::float8 as inserted, sum(updated)::float8 as updated,
  sum(unchanged)::float8 as unchanged, sum(stale)::float8 as stale, sum(duplicate)::float8 as duplicate,
  sum(rejected)::float8 as rejected`

const make = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient

  const withTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>) => transaction(sql, effect)

  const begin = Effect.fn("RunRepo.begin")(function* ({ source }: RunRequest) {
    const resumed = yield* sql<{ runId: number; attempt: number }>`
        update etl_runs set attempts = attempts + 1
        where id = (
          select id from etl_runs where source = ${source} and finished_at is null order by id desc limit 1 for update
        )
        returning id::float8 as "runId", attempts as attempt`
    if (resumed.length > 0) return resumed[0]!
    const begun = yield* sql<{ runId: number; attempt: number }>`
        insert into etl_runs (source) values (${source}) returning id::float8 as "runId", attempts as attempt`
    return begun[0]!
  }, Effect.mapError(fromSqlError))

  /** Loads that `--force` begins: of files that an earlier run has loaded, or began with another mapping. */
  const beginNextLoads = (runId: number, { mapping }: RunRequest, ids: ReadonlyArray<number>) =>
    Effect.gen(function* () {
      yield* sql`
        delete from etl_rejects r using etl_files f
        where f.id = any(${integers(ids)}) and r.file_id = f.id
          and ((f.loaded_at is not null and f.run_id <> ${runId}) or (f.loaded_at is null and f.mapping <> ${mapping}))`
      yield* sql`
        update etl_files set load = load + 1, run_id = ${runId}, mapping = ${mapping}, header = null, byte_offset = 0,
          line = 1, loaded_at = null, read = 0, inserted = 0, updated = 0, unchanged = 0, stale = 0, duplicate = 0, rejected = 0
        where id = any(${integers(ids)})
          and ((loaded_at is not null and run_id <> ${runId}) or (loaded_at is null and mapping <> ${mapping}))`
    })

  const registerBatch = Effect.fnUntraced(function* <File extends FileIdentity>(
    runId: number,
    request: RunRequest,
    files: ReadonlyArray<File>,
  ) {
    const uris = texts(files.map(({ uri }) => uri))
    const fingerprints = texts(files.map(({ fingerprint }) => fingerprint))
    yield* sql`
      insert into etl_files (uri, fingerprint, size, run_id, mapping)
      select t.uri, t.fingerprint, t.size, ${runId}, ${request.mapping}
      from unnest(${uris}, ${fingerprints}, ${integers(files.map(({ size }) => size))})
        with ordinality as t (uri, fingerprint, size, number)
      where not exists (select from etl_files f where f.uri = t.uri and f.fingerprint = t.fingerprint)
      order by t.number
      on conflict do nothing`
    const rows = () => sql<FileRow>`
      select f.id, f.run_id::float8 as "runId", f.load, f.mapping, f.loaded_at is not null as "isLoaded", f.header,
        f.byte_offset::float8 as "byteOffset", f.line::float8 as line
      from unnest(${uris}, ${fingerprints}) with ordinality as t (uri, fingerprint, number)
      join etl_files f on f.uri = t.uri and f.fingerprint = t.fingerprint
      order by t.number`
    if (request.force) {
      yield* beginNextLoads(
        runId,
        request,
        (yield* rows()).map(({ id }) => id),
      )
    }
    yield* sql`
      update etl_files f set run_id = ${runId}
      from unnest(${uris}, ${fingerprints}) as t (uri, fingerprint)
      where f.uri = t.uri and f.fingerprint = t.fingerprint and f.loaded_at is null and f.mapping = ${request.mapping}`
    return (yield* rows()).map((row, index): FileLoad<File> => {
      const isOtherMapping = row.mapping !== request.mapping
      return {
        file: files[index]!,
        runId: row.runId,
        fileId: row.id,
        load: row.load,
        state: row.isLoaded ? "loaded" : isOtherMapping ? "otherMapping" : "open",
        isLoadedByOtherMapping: row.isLoaded && isOtherMapping,
        resume:
          row.header === null
            ? undefined
            : { position: { byteOffset: row.byteOffset, line: row.line }, header: row.header },
      }
    })
  }, withTransaction)

  const fileCounts = ({ fileId, load }: LoadRef) =>
    sql.unsafe<RecordCounts>(`select ${countSums} from etl_files where id = $1 and load = $2`, [fileId, load])

  return RunRepo.of({
    begin,

    register: Effect.fn("RunRepo.register")(function* <File extends FileIdentity>(
      runId: number,
      request: RunRequest,
      files: ReadonlyArray<File>,
    ) {
      const loads: Array<FileLoad<File>> = []
      for (let start = 0; start < files.length; start += batchSize) {
        loads.push(...(yield* registerBatch(runId, request, files.slice(start, start + batchSize))))
      }
      return loads
    }, Effect.mapError(fromSqlError)),

    finishFile: Effect.fn("RunRepo.finishFile")(function* (load: LoadRef) {
      yield* sql`update etl_files set loaded_at = now() where id = ${load.fileId} and load = ${load.load}`
      return (yield* fileCounts(load))[0]!
    }, Effect.mapError(fromSqlError)),

    fileCounts: Effect.fn("RunRepo.fileCounts")(function* (load: LoadRef) {
      return (yield* fileCounts(load))[0]!
    }, Effect.mapError(fromSqlError)),

    finish: Effect.fn("RunRepo.finish")(function* (runId: number) {
      yield* sql.unsafe(
        `update etl_runs r set finished_at = now(), read = t.read, inserted = t.inserted, updated = t.updated,
            unchanged = t.unchanged, stale = t.stale, duplicate = t.duplicate, rejected = t.rejected
          from (select ${countSums.replaceAll("::float8", "").replaceAll(/sum\((\w+)\)/g, "coalesce(sum($1), 0)")}
            from etl_files where run_id = $1) t
          where r.id = $1`,
        [runId],
      )
    }, Effect.mapError(fromSqlError)),
  })
})

export const layer = Layer.effect(RunRepo, make)
