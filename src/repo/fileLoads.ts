import { Effect } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import type { Position } from "../domain/Chunk.ts"
import { fromSqlError, toDatabaseError } from "../domain/DatabaseError.ts"
import { earliest, laneCount } from "../domain/Lane.ts"
import { countNames, type RecordCounts } from "../domain/RunSummary.ts"
import { integers, texts } from "./arrays.ts"
import { anotherProcess } from "./checkpoints.ts"
import { makeClient } from "./client.ts"
import { countsOf, countSums, storable } from "./etlFiles.ts"
import { patiently } from "./patience.ts"
import { makeLocks } from "./PgLocks.ts"
import type { Beginning, FileIdentity, FileLoad, RunRequest } from "./RunRepo.ts"
import { makeTransaction } from "./transaction.ts"
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
  /** Where each lane stands, in order; null where the load has no checkpoints. */
  readonly lanes: ReadonlyArray<Position> | null
  /** Null where an earlier version began the load. */
  readonly maxRecordSize: number | null
  readonly error: string | null
}

const fileColumns = `f.id, f.run_id::float8 as "runId", f.load, f.mapping, f.loaded_at is not null as "isLoaded", f.header,
  f.max_record_size as "maxRecordSize", f.error`

/** The checkpoints that `rows` selects, as a table of one row. */
const lanesOf = (rows: string): string =>
  `(select json_agg(json_build_object('byteOffset', byte_offset, 'line', line) order by lane) as lanes from (${rows}) c)`

/** The checkpoints' counts become the file's. Parameters: its number, its load, its run. */
const finish = `
  with committed as (delete from etl_checkpoints where file_id = $1 and load = $2 and run_id = $3 returning *), sums as (
    select ${countSums} from committed
  )
  update etl_files f set loaded_at = now(), error = null, ${countNames.map((name) => `${name} = f.${name} + s.${name}`).join(", ")}
  from sums s where f.id = $1 and f.load = $2 and f.run_id = $3
  returning ${countNames.map((name) => `f.${name}::float8`).join(", ")}`

const toLoad = <File extends FileIdentity>(row: FileRow, file: File, { mapping }: RunRequest): FileLoad<File> => {
  const isOtherMapping = row.mapping !== mapping
  return {
    file,
    runId: row.runId,
    fileId: row.id,
    load: row.load,
    state: row.isLoaded ? "loaded" : isOtherMapping && row.header !== null ? "otherMapping" : "open",
    isLoadedByOtherMapping: row.isLoaded && isOtherMapping,
    resume:
      row.header === null || row.lanes === null
        ? undefined
        : {
            position: earliest(row.lanes),
            header: row.header,
            lanes: row.lanes,
            maxRecordSize: row.maxRecordSize ?? undefined,
          },
  }
}

/** The loads of files, from their listing to their end: the part of `RunRepo` that has to do with them. */
export const makeFileLoads = Effect.gen(function* () {
  const sql = yield* makeClient
  const transaction = makeTransaction(sql)
  const lock = yield* makeLocks

  const counts = (where: string, parameters: ReadonlyArray<unknown>) =>
    sql.unsafe<RecordCounts>(countsOf(where), parameters).pipe(Effect.map((rows) => rows[0]!))

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
    const rows = yield* sql.unsafe<FileRow>(
      `select ${fileColumns}, c.* from unnest($1, $2) with ordinality as t (uri, fingerprint, number)
      join etl_files f using (uri, fingerprint)
      cross join lateral ${lanesOf("select * from etl_checkpoints where file_id = f.id")} c
      order by t.number`,
      [uris, fingerprints],
    )
    return rows.map((row, index) => toLoad(row, files[index]!, request))
  })

  /** Another load begins, with nothing of the one before but the file's number. */
  const reload = Effect.fnUntraced(function* (runId: number, { mapping }: RunRequest, fileId: number) {
    const begun = yield* sql`
        update etl_files set load = load + 1, run_id = ${runId}, mapping = ${mapping}, header = null, loaded_at = null,
          max_record_size = null, read = 0, inserted = 0, updated = 0, unchanged = 0, stale = 0, duplicate = 0, rejected = 0
        where id = ${fileId}
          and ((loaded_at is not null and run_id <> ${runId}) or (loaded_at is null and mapping <> ${mapping}))
        returning id`
    if (begun.length === 0) return
    yield* sql`delete from etl_checkpoints where file_id = ${fileId}`
    yield* sql`delete from etl_rejects where file_id = ${fileId}`
  }, transaction)

  /** What is loaded of an unfinished file becomes this run's. */
  const takeOver = Effect.fnUntraced(function* (runId: number, { mapping }: RunRequest, fileId: number) {
    const taken = yield* sql<{ from: number }>`
      update etl_files f set run_id = ${runId}, mapping = ${mapping} from etl_files before
      where f.id = ${fileId} and before.id = f.id
        and f.loaded_at is null and (f.mapping = ${mapping} or f.header is null)
      returning before.run_id::float8 as "from"`
    if (taken.length === 0) return
    yield* sql`update etl_checkpoints set run_id = ${runId} where file_id = ${fileId}`
    yield* sql`update etl_rejects set run_id = ${runId} where file_id = ${fileId}`
    const left = yield* counts("f.run_id = $1", [taken[0]!.from])
    yield* sql`update etl_runs set ${sql.update(left)} where id = ${taken[0]!.from} and id <> ${runId}`
  }, transaction)

  /** A process that was killed may have left a COMMIT under way: it is waited for. */
  const storedFile = (fileId: number, isAgain = false): Effect.Effect<FileRow, SqlError> =>
    Effect.gen(function* () {
      const [file] = yield* sql.unsafe<FileRow>(`select ${fileColumns} from etl_files f where id = $1 for share`, [
        fileId,
      ])
      if (file!.isLoaded || file!.header === null) return { ...file!, lanes: null }
      const [checkpoints] = yield* sql.unsafe<Pick<FileRow, "lanes">>(
        `select * from ${lanesOf("select * from etl_checkpoints where file_id = $1 for share")} c`,
        [fileId],
      )
      if (checkpoints!.lanes !== null) return { ...file!, ...checkpoints! }
      // The file was finished between the two statements.
      if (!isAgain) return yield* storedFile(fileId, true)
      return yield* Effect.die(new Error(`etl_checkpoints has no rows of the unfinished file ${fileId}`))
    })

  const takeFile = Effect.fnUntraced(function* <File extends FileIdentity>(
    runId: number,
    request: RunRequest,
    { file, fileId }: FileLoad<File>,
  ) {
    const found = yield* storedFile(fileId)
    if (found.error !== null) yield* sql`update etl_files set error = null where id = ${fileId}`
    if (found.runId === runId && found.mapping === request.mapping) return toLoad(found, file, request)
    if (request.force) yield* reload(runId, request, fileId)
    yield* takeOver(runId, request, fileId)
    return toLoad(yield* storedFile(fileId), file, request)
  })

  return {
    register: Effect.fn("RunRepo.register")(
      function* <File extends FileIdentity>(runId: number, request: RunRequest, files: ReadonlyArray<File>) {
        const loads: Array<FileLoad<File>> = []
        for (let start = 0; start < files.length; start += batchSize) {
          loads.push(...(yield* registerBatch(runId, request, files.slice(start, start + batchSize))))
        }
        return loads
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),

    take: Effect.fn("RunRepo.take")(function* <File extends FileIdentity>(
      runId: number,
      request: RunRequest,
      load: FileLoad<File>,
    ) {
      const { fileId, file } = load
      yield* lock(`file ${fileId}`, `Another process loads ${file.uri}. Waiting until it is done.`)
      return yield* takeFile(runId, request, load).pipe(Effect.mapError(fromSqlError), patiently)
    }),

    beginFile: Effect.fn("RunRepo.beginFile")(
      function* ({ fileId, load, runId }: LoadRef, { header, maxRecordSize, start }: Beginning) {
        yield* sql`
          with begun as (
            update etl_files set header = ${header}, max_record_size = ${maxRecordSize}
            where id = ${fileId} and load = ${load} and run_id = ${runId} and loaded_at is null and header is null
            returning id
          )
          insert into etl_checkpoints (file_id, lane, load, run_id, byte_offset, line)
          select id, lane, ${load}, ${runId}, ${start.byteOffset}, ${start.line}
          from begun cross join generate_series(0, ${laneCount - 1}::integer) lane`
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),

    finishFile: Effect.fn("RunRepo.finishFile")(
      function* ({ fileId, load, runId }: LoadRef) {
        const [counts] = yield* sql.unsafe<RecordCounts>(finish, [fileId, load, runId])
        return counts ?? (yield* anotherProcess)
      },
      Effect.mapError(toDatabaseError),
      patiently,
    ),

    failFile: Effect.fn("RunRepo.failFile")(
      function* ({ fileId, load, runId }: LoadRef, error: string) {
        yield* sql`update etl_files set error = ${storable(error)}
          where id = ${fileId} and load = ${load} and run_id = ${runId} and loaded_at is null`
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),

    fileCounts: Effect.fn("RunRepo.fileCounts")(
      function* ({ fileId, load }: LoadRef) {
        return yield* counts("f.id = $1 and f.load = $2", [fileId, load])
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),
  }
})
