import { Effect, Layer } from "effect"
import { fromSqlError } from "../domain/DatabaseError.ts"
import type { RecordCounts } from "../domain/RunSummary.ts"
import { integers, texts } from "./arrays.ts"
import { makeClient } from "./client.ts"
import { isReplaced } from "./etlFiles.ts"
import { patiently } from "./patience.ts"
import { makeLocks } from "./PgLocks.ts"
import { type FileIdentity, type FileLoad, RunRepo, type RunRequest } from "./RunRepo.ts"
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
  readonly byteOffset: number
  readonly line: number
}

const fileColumns = `id, run_id::float8 as "runId", load, mapping, loaded_at is not null as "isLoaded", header,
  byte_offset::float8 as "byteOffset", line::float8 as line`

const outcomes = ["read", "inserted", "updated", "unchanged", "stale", "duplicate", "rejected"] as const

const countSums = outcomes.map((outcome) => `coalesce(sum(${outcome}), 0)::float8 as ${outcome}`).join(", ")

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
      row.header === null
        ? undefined
        : { position: { byteOffset: row.byteOffset, line: row.line }, header: row.header },
  }
}

const make = Effect.gen(function* () {
  const sql = yield* makeClient
  const transaction = makeTransaction(sql)
  const lock = yield* makeLocks

  const counts = (where: string, parameters: ReadonlyArray<unknown>) =>
    sql
      .unsafe<RecordCounts>(`select ${countSums} from etl_files where ${where}`, parameters)
      .pipe(Effect.map((rows) => rows[0]!))

  const beginAttempt = ({ source, mapping, force }: RunRequest) =>
    Effect.gen(function* () {
      const resumed = yield* sql<{ runId: number; attempt: number }>`
        update etl_runs set attempts = attempts + 1, attempted_at = now()
        where id = (
          select id from etl_runs
          where source = ${source} and mapping = ${mapping} and force = ${force} and finished_at is null
          order by id desc limit 1 for update
        )
        returning id::float8 as "runId", attempts as attempt`
      if (resumed[0] !== undefined) return resumed[0]
      const begun = yield* sql<{ runId: number; attempt: number }>`
        insert into etl_runs (source, mapping, force) values (${source}, ${mapping}, ${force})
        returning id::float8 as "runId", attempts as attempt`
      return begun[0]!
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
    const rows = yield* sql.unsafe<FileRow>(
      `select ${fileColumns} from unnest($1, $2) with ordinality as t (uri, fingerprint, number)
      join etl_files using (uri, fingerprint) order by t.number`,
      [uris, fingerprints],
    )
    return rows.map((row, index) => toLoad(row, files[index]!, request))
  })

  /** Another load begins, with nothing of the one before but the file's number. */
  const reload = Effect.fnUntraced(function* (runId: number, { mapping }: RunRequest, fileId: number) {
    const begun = yield* sql`
        update etl_files set load = load + 1, run_id = ${runId}, mapping = ${mapping}, header = null, byte_offset = 0,
          line = 1, loaded_at = null, read = 0, inserted = 0, updated = 0, unchanged = 0, stale = 0, duplicate = 0, rejected = 0
        where id = ${fileId}
          and ((loaded_at is not null and run_id <> ${runId}) or (loaded_at is null and mapping <> ${mapping}))
        returning id`
    if (begun.length > 0) yield* sql`delete from etl_rejects where file_id = ${fileId}`
  }, transaction)

  /** What is loaded of an unfinished file becomes this run's. */
  const takeOver = Effect.fnUntraced(function* (runId: number, { mapping }: RunRequest, fileId: number) {
    const taken = yield* sql<{ from: number }>`
      update etl_files f set run_id = ${runId}, mapping = ${mapping} from etl_files before
      where f.id = ${fileId} and before.id = f.id
        and f.loaded_at is null and (f.mapping = ${mapping} or f.header is null)
      returning before.run_id::float8 as "from"`
    if (taken.length === 0) return
    yield* sql`update etl_rejects set run_id = ${runId} where file_id = ${fileId}`
    const left = yield* counts("run_id = $1", [taken[0]!.from])
    yield* sql`update etl_runs set ${sql.update(left)} where id = ${taken[0]!.from} and id <> ${runId}`
  }, transaction)

  const takeFile = Effect.fnUntraced(function* <File extends FileIdentity>(
    runId: number,
    request: RunRequest,
    { file, fileId }: FileLoad<File>,
  ) {
    // A process that was killed may have left a COMMIT under way: it is waited for.
    const stored = () => sql.unsafe<FileRow>(`select ${fileColumns} from etl_files where id = $1 for share`, [fileId])
    const [found] = yield* stored()
    if (found!.runId === runId && found!.mapping === request.mapping) return toLoad(found!, file, request)
    if (request.force) yield* reload(runId, request, fileId)
    yield* takeOver(runId, request, fileId)
    return toLoad((yield* stored())[0]!, file, request)
  })

  return RunRepo.of({
    begin: Effect.fn("RunRepo.begin")(function* (request: RunRequest) {
      const { source } = request
      yield* lock(`source ${source}`, `Another process loads ${source}. Waiting until it is done.`)
      return yield* transaction(beginAttempt(request)).pipe(Effect.mapError(fromSqlError), patiently)
    }),

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

    committed: Effect.fn("RunRepo.committed")(
      (runId: number) => counts(`run_id = $1 and not ${isReplaced("etl_files")}`, [runId]),
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

    finishFile: Effect.fn("RunRepo.finishFile")(
      function* ({ fileId, load }: LoadRef) {
        yield* sql`update etl_files set loaded_at = now() where id = ${fileId} and load = ${load}`
        return yield* counts("id = $1 and load = $2", [fileId, load])
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),

    fileCounts: Effect.fn("RunRepo.fileCounts")(
      function* ({ fileId, load }: LoadRef) {
        return yield* counts("id = $1 and load = $2", [fileId, load])
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),

    end: Effect.fn("RunRepo.end")(
      function* (runId: number, isFinished: boolean) {
        const totals = yield* counts("run_id = $1", [runId])
        yield* sql`
          update etl_runs set ${sql.update(totals)}, finished_at = ${isFinished ? sql`now()` : null} where id = ${runId}`
        return totals
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),
  })
})

export const layer = Layer.effect(RunRepo, make)
