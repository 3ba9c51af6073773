// The loads of files in PostgreSQL, from their listing to their end: `etl_files` and `etl_checkpoints`.

import { Effect } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { fromSqlError, toDatabaseError } from "../../domain/DatabaseError.ts"
import type { Position } from "../../domain/Chunk.ts"
import { isOtherFormat } from "../../domain/FormatError.ts"
import { earliest } from "../../domain/Lane.ts"
import { laneCount } from "../../domain/laneOf.ts"
import { allCountNames, noRecords, type RecordCounts } from "../../domain/RunSummary.ts"
import { integers, smallIntegers, texts } from "../arrays.ts"
import { fileTaken, type FileTakenError } from "../../repo/FileTakenError.ts"
import { makeClient } from "../client.ts"
import { countsOf, countSums, storedFormat } from "./etlFiles.ts"
import { storable } from "../../text/storable.ts"
import { patiently } from "../../repo/patience.ts"
import { Locks } from "../locks.ts"
import type {
  Beginning,
  FileIdentity,
  FileLoad,
  LoadRef,
  Part,
  PartRef,
  RegisteredFile,
  RunRequest,
  TakenLoad,
} from "../../repo/RunRepo.ts"

interface PartRow {
  readonly part: number
  readonly end: number | null
  /** The checkpoint of each lane, in order. */
  readonly lanes: ReadonlyArray<Position>
}

interface FileRow {
  readonly id: number
  readonly runId: number
  readonly load: number
  readonly mapping: string
  readonly isLoaded: boolean
  readonly fence: number
  readonly header: Uint8Array | null
  /** See `storedFormat`. */
  readonly format: unknown
  /** The parts left; null where the load has no checkpoints. */
  readonly parts: ReadonlyArray<PartRow> | null
  /** Null where an earlier version started the load. */
  readonly maxRecordSize: number | null
}

const fileRowColumns = `f.id, f.run_id::float8 as "runId", f.load, f.mapping, f.loaded_at is not null as "isLoaded", f.fence,
  f.header, f.format, f.max_record_size as "maxRecordSize"`

/**
 * The parts left of the file of that number, or one of them, as a table of one row. Where all are at their ends, but
 * the process that had to finish the file was killed before, all count as left: else no process would finish it.
 */
const partsOf = (fileId: string, part = "null"): string => `(
    select json_agg(json_build_object('part', part, 'end', part_end, 'lanes', lanes) order by part)
      filter (where (not is_finished or are_all_finished) and part = coalesce(${part}::integer, part)) as parts
    from (
      select *, bool_and(is_finished) over () as are_all_finished from (
        select part, part_end, json_agg(json_build_object('byteOffset', byte_offset, 'line', line) order by lane) as lanes,
          coalesce(bool_and(byte_offset = part_end), false) as is_finished
        from etl_checkpoints where file_id = ${fileId} group by part, part_end
      ) p
    ) p
  )`

const toPart =
  (row: FileRow, header: Uint8Array) =>
  ({ end, lanes, part }: PartRow): Part => ({
    part,
    resume: {
      position: earliest(lanes),
      end: end ?? undefined,
      header,
      format: storedFormat(row.format),
      lanes,
      maxRecordSize: row.maxRecordSize ?? undefined,
    },
  })

const notStarted: ReadonlyArray<Part> = [{ part: 0, resume: undefined }]

/** The load of a file, for a run's request. */
const toLoad = <File extends FileIdentity>(row: FileRow, file: File, request: RunRequest): FileLoad<File> => {
  const { fence, header, id, isLoaded, load, parts, runId } = row
  const isOtherMapping = row.mapping !== request.mapping
  const state = isOtherMapping
    ? "otherMapping"
    : isOtherFormat(storedFormat(row.format), request.format)
      ? "otherFormat"
      : "open"
  return {
    file,
    runId,
    fileId: id,
    load,
    state: isLoaded ? "loaded" : header === null ? "open" : state,
    format: storedFormat(row.format),
    isLoadedByOtherMapping: isLoaded && isOtherMapping,
    parts: isLoaded ? [] : header === null ? notStarted : (parts ?? []).map(toPart(row, header)),
    fence,
  }
}

/** The name of a file's lock. */
const lockOf = (fileId: number): string => `file ${fileId}`

/** Files of one statement. */
const batchSize = 5_000

/**
 * Adds the checkpoints' counts to the file's, and deletes the checkpoints. Parameters: its number, its load, its run,
 * and the fence of the process that finishes it; null where its parts are finished. A file without a record has no
 * checkpoints.
 */
const finish = `
  with committed as (
    delete from etl_checkpoints where file_id = $1 and load = $2 and run_id = $3 and fence = coalesce($4::integer, fence)
    returning *
  ), sums as (
    select ${countSums} from committed
  )
  update etl_files f set loaded_at = coalesce(f.loaded_at, now()), error = null,
    ${allCountNames.map((name) => `${name} = f.${name} + s.${name}`).join(", ")}
  from sums s where f.id = $1 and f.load = $2 and f.run_id = $3
    and (f.loaded_at is not null or exists (select from committed) or (f.header is null and f.fence = $4))
  returning ${allCountNames.map((name) => `f.${name}::float8`).join(", ")}`

/** The part of `RunRepo` that concerns files. */
export const makeFileLoads = Effect.gen(function* () {
  const sql = yield* makeClient
  const transaction = sql.withTransaction
  const locks = yield* Locks

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
      `select ${fileRowColumns}, c.* from unnest($1, $2) with ordinality as t (uri, fingerprint, number)
      join etl_files f using (uri, fingerprint)
      cross join lateral ${partsOf("f.id")} c
      order by t.number`,
      [uris, fingerprints],
    )
    return rows.map((row, index) => toLoad(row, files[index]!, request))
  })

  /** Starts another load, which keeps only the file's number from the one before. */
  const reload = Effect.fnUntraced(function* (runId: number, { format, mapping }: RunRequest, fileId: number) {
    const started = yield* sql`
        update etl_files set load = load + 1, run_id = ${runId}, mapping = ${mapping}, header = null, format = null, loaded_at = null,
          max_record_size = null, ${sql.update(noRecords)}
        where id = ${fileId}
          and ((loaded_at is not null and run_id <> ${runId}) or (loaded_at is null and mapping <> ${mapping})
            or exists (
              select from jsonb_each(${JSON.stringify(format ?? {})}::jsonb) given
              where format ? given.key and format->given.key <> given.value
                and not (given.key = 'encoding' and (format->'byteOrderMark')::boolean)))
        returning id`
    if (started.length === 0) return
    yield* sql`delete from etl_checkpoints where file_id = ${fileId}`
    yield* sql`delete from etl_rejects where file_id = ${fileId}`
    yield* sql`delete from etl_bad_values where file_id = ${fileId}`
  }, transaction)

  /** Gives this run what is loaded of an unfinished file. */
  const takeOver = Effect.fnUntraced(function* (runId: number, { mapping }: RunRequest, fileId: number) {
    const taken = yield* sql<{ from: number }>`
      update etl_files f set run_id = ${runId}, mapping = ${mapping} from etl_files before
      where f.id = ${fileId} and before.id = f.id
        and f.loaded_at is null and (f.mapping = ${mapping} or f.header is null)
      returning before.run_id::float8 as "from"`
    if (taken.length === 0) return
    yield* sql`update etl_checkpoints set run_id = ${runId} where file_id = ${fileId}`
    yield* sql`update etl_rejects set run_id = ${runId} where file_id = ${fileId}`
    yield* sql`update etl_bad_values set run_id = ${runId} where file_id = ${fileId}`
    const left = yield* counts("f.run_id = $1", [taken[0]!.from])
    yield* sql`update etl_runs set ${sql.update(left)} where id = ${taken[0]!.from} and id <> ${runId}`
  }, transaction)

  /**
   * Raises the fences, and returns the checkpoints after that. Waits for a COMMIT that a killed process may have left
   * under way.
   */
  const fenced = (
    fileId: number,
    part: number | undefined,
    isAgain = false,
  ): Effect.Effect<FileRow, SqlError | FileTakenError> =>
    Effect.gen(function* () {
      // Taking another part keeps the error of the one that failed.
      const clearError = part === undefined ? ", error = null" : ""
      const raised = yield* sql.unsafe<FileRow>(
        `update etl_files f set fence = fence + 1${clearError} where id = $1 and loaded_at is null returning ${fileRowColumns}`,
        [fileId],
      )
      const [file] =
        raised.length > 0
          ? raised
          : yield* sql.unsafe<FileRow>(`select ${fileRowColumns} from etl_files f where id = $1`, [fileId])
      if (file!.isLoaded || file!.header === null) return { ...file!, parts: null }
      const checkpoints = yield* sql`
        update etl_checkpoints set fence = ${file!.fence}
        where file_id = ${fileId} and part = coalesce(${part ?? null}::integer, part) and fence < ${file!.fence}
        returning 1`
      if (checkpoints.length > 0) {
        const [stored] = yield* sql.unsafe<Pick<FileRow, "parts">>(`select * from ${partsOf("$1", "$2")} c`, [
          fileId,
          part ?? null,
        ])
        return { ...file!, parts: stored!.parts ?? [] }
      }
      // The file was finished between the two statements, or another process has taken it.
      if (!isAgain) return yield* fenced(fileId, part, true)
      return yield* fileTaken(fileId)
    })

  const takeFile = Effect.fnUntraced(function* <File extends FileIdentity>(
    runId: number,
    request: RunRequest,
    { file, fileId }: RegisteredFile<File>,
    part?: number,
  ) {
    const found = yield* fenced(fileId, part)
    // Another process has started the file again, without splitting it.
    if (part !== undefined && part > 0 && !found.isLoaded && found.header === null) return yield* fileTaken(fileId)
    const isOwn = found.runId === runId && found.mapping === request.mapping
    const isOther = isOtherFormat(storedFormat(found.format), request.format)
    // Of another format only `force` takes it.
    if (isOther ? !request.force : isOwn) return toLoad(found, file, request)
    if (request.force) yield* reload(runId, request, fileId)
    yield* takeOver(runId, request, fileId)
    return toLoad(yield* fenced(fileId, part), file, request)
  })

  const finishFile = Effect.fnUntraced(function* ({ fileId, load, runId }: LoadRef, fence: number | null) {
    const [counts] = yield* sql.unsafe<RecordCounts>(finish, [fileId, load, runId, fence])
    return counts ?? (yield* fileTaken(fileId))
  })

  /** Finishes a part, and with the last one the file. Processes do this one after the other. */
  const finishOne = Effect.fnUntraced(function* (ref: PartRef) {
    const { fence, fileId, load, part, runId } = ref
    const [file] = yield* sql<{ isLoaded: boolean }>`
      select loaded_at is not null as "isLoaded" from etl_files
      where id = ${fileId} and load = ${load} and run_id = ${runId} for update`
    if (file?.isLoaded === true) return yield* counts("f.id = $1 and f.load = $2", [fileId, load])
    const ended = yield* sql`
      update etl_checkpoints set byte_offset = part_end
      where file_id = ${fileId} and load = ${load} and run_id = ${runId} and part = ${part} and fence = ${fence}
      returning 1`
    if (ended.length === 0) return yield* fileTaken(fileId)
    const unfinished =
      yield* sql`select from etl_checkpoints where file_id = ${fileId} and byte_offset < part_end limit 1`
    if (unfinished.length === 0) return yield* finishFile(ref, null)
    return yield* counts("f.id = $1 and f.load = $2", [fileId, load])
  }, transaction)

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

    lock: Effect.fn("RunRepo.lock")(({ file, fileId }: RegisteredFile<FileIdentity>, sharing?: "shared") =>
      locks.take(lockOf(fileId), { sharing, warning: `Another run loads ${file.uri}. Waiting until it is done.` }),
    ),

    /** See `SmallFiles`. */
    takeFree: Effect.fn("RunRepo.takeFree")(function* <File extends FileIdentity>(
      runId: number,
      { mapping }: RunRequest,
      loads: ReadonlyArray<FileLoad<File>>,
    ) {
      const free = new Set(yield* locks.takeFree(loads.map(({ fileId }) => lockOf(fileId))))
      const ids = loads.flatMap(({ fileId }) => (free.has(lockOf(fileId)) ? fileId : []))
      const taken = yield* sql<{ id: number; load: number; fence: number }>`
        update etl_files f set run_id = ${runId}, mapping = ${mapping}, fence = fence + 1, error = null
        from (
          select id from etl_files
          where id = any(${smallIntegers(ids)}) and loaded_at is null and header is null order by id for update
        ) t where f.id = t.id
        returning f.id, f.load, f.fence`.pipe(Effect.mapError(fromSqlError), patiently)
      const byId = new Map(taken.map((row) => [row.id, row]))
      return loads.flatMap((registered): FileLoad<File> | ReadonlyArray<never> => {
        const row = byId.get(registered.fileId)
        return row === undefined
          ? []
          : { ...registered, runId, load: row.load, fence: row.fence, state: "open", parts: notStarted }
      })
    }),

    take: Effect.fn("RunRepo.take")(takeFile, Effect.mapError(toDatabaseError), patiently),

    beginFile: Effect.fn("RunRepo.beginFile")(
      function* ({ fence, fileId, load, runId }: TakenLoad, { format, header, maxRecordSize, parts }: Beginning) {
        yield* sql`
          with started as (
            update etl_files set header = ${header}, format = ${JSON.stringify(format)}::jsonb, max_record_size = ${maxRecordSize}
            where id = ${fileId} and load = ${load} and run_id = ${runId} and fence = ${fence} and loaded_at is null
              and header is null
            returning id
          )
          insert into etl_checkpoints (file_id, part, part_end, lane, load, run_id, fence, byte_offset, line)
          select id, number - 1, part_end, lane, ${load}, ${runId}, ${fence}, byte_offset, line
          from started cross join generate_series(0, ${laneCount - 1}::integer) lane
            cross join unnest(
              ${integers(parts.map(({ start }) => start.byteOffset))}, ${integers(parts.map(({ start }) => start.line))},
              ${integers(parts.map(({ end }) => end ?? null))}
            ) with ordinality as t (byte_offset, line, part_end, number)`
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),

    finishPart: Effect.fn("RunRepo.finishPart")(
      (ref: PartRef & Part) => (ref.resume?.end === undefined ? finishFile(ref, ref.fence) : finishOne(ref)),
      Effect.mapError(toDatabaseError),
      patiently,
    ),

    failFile: Effect.fn("RunRepo.failFile")(
      function* ({ fence, fileId, load, runId }: TakenLoad, error: string) {
        const failed = yield* sql`update etl_files f set error = ${storable(error)}
          where id = ${fileId} and load = ${load} and run_id = ${runId} and loaded_at is null and (
            fence = ${fence} or exists (select from etl_checkpoints c where c.file_id = f.id and c.fence = ${fence})
          )
          returning 1`
        if (failed.length === 0) return yield* fileTaken(fileId)
      },
      Effect.mapError(toDatabaseError),
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
