// The rejects of runs in PostgreSQL: `etl_rejects`, read in pages.

import { Effect, Layer, Option, Stream } from "effect"
import type { Fragment } from "effect/sql/Statement"
import { fromSqlError } from "../../domain/DatabaseError.ts"
import { integers } from "../arrays.ts"
import { makeClient } from "../client.ts"
import { storedFormat } from "./etlFiles.ts"
import { type RejectedFile, RejectRepo, type StoredReject } from "../../repo/RejectRepo.ts"

/**
 * A statement's answer is held in memory as a whole: at most this many rows, and no further row from this many bytes
 * on.
 */
const rowsOfPage = 1000
const bytesOfPage = 4 * 1024 * 1024

/** The most rows that one statement deletes: it must end within its timeout. */
const rowsOfDelete = 10_000

/** The files of one page, which are short; or one long file, which takes several pages. */
interface Batch {
  readonly files: Array<RejectedFile>
  rejects: number
  bytes: number
}

const fitsPage = ({ rejects, bytes }: { readonly rejects: number; readonly bytes: number }): boolean =>
  rejects <= rowsOfPage && bytes <= bytesOfPage

const batches = (files: ReadonlyArray<RejectedFile>): ReadonlyArray<Batch> => {
  const all: Array<Batch> = []
  for (const file of files) {
    const last = all.at(-1)
    const isPart =
      last !== undefined && fitsPage({ rejects: last.rejects + file.rejects, bytes: last.bytes + file.bytes })
    if (isPart) {
      last.files.push(file)
      last.rejects += file.rejects
      last.bytes += file.bytes
    } else all.push({ files: [file], rejects: file.rejects, bytes: file.bytes })
  }
  return all
}

type Row = Omit<StoredReject, "file"> & { readonly fileId: number }

type FileRow = Omit<RejectedFile, "format"> & { readonly format: unknown }

const toFile = ({ format, ...file }: FileRow): RejectedFile => ({ ...file, format: storedFormat(format) })

const make = Effect.gen(function* () {
  const sql = yield* makeClient
  const transaction = sql.withTransaction

  // Without statistics the planner would read and sort all that is left of a file for each page of it.
  const preferOrder = sql`
    select set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true),
      set_config('enable_seqscan', 'off', true)`

  const page = (runId: number, batch: Batch, after: number, raw: Fragment) =>
    preferOrder.pipe(
      Effect.andThen(sql<Row>`
        select file_id as "fileId", byte_offset::float8 as "byteOffset", line::float8 as line, length::float8 as length,
          reasons, ${raw} as raw
        from (
          select *, sum(octet_length(raw)) over (order by file_id, byte_offset) - octet_length(raw) as bytes_before
          from (
            select * from etl_rejects
            where file_id = any(${integers(batch.files.map(({ fileId }) => fileId))}) and byte_offset > ${after}
              and run_id = ${runId}
            order by file_id, byte_offset limit ${rowsOfPage}
          ) next
        ) page
        where bytes_before < ${bytesOfPage}
        order by file_id, byte_offset`),
      transaction,
    )

  const batchRejects = (runId: number, batch: Batch, raw: Fragment) => {
    const byId = new Map(batch.files.map((file) => [file.fileId, file]))
    return Stream.paginate(-1, (after: number) =>
      Effect.map(page(runId, batch, after, raw), (rows) => {
        const rejects = rows.map(({ fileId, ...reject }): StoredReject => ({ ...reject, file: byId.get(fileId)! }))
        const isLast = rejects.length === 0 || fitsPage(batch)
        return [rejects, isLast ? Option.none() : Option.some(rejects.at(-1)!.byteOffset)] as const
      }),
    )
  }

  // Pages, not `stream` of the client: a statement whose rows are read slowly is cancelled by its timeout.
  const rejects = (raw: Fragment) => (runId: number, files: ReadonlyArray<RejectedFile>) =>
    Stream.fromArray(batches(files)).pipe(
      Stream.flatMap((batch) => batchRejects(runId, batch, raw)),
      Stream.mapError(fromSqlError),
    )

  return RejectRepo.of({
    runs: Effect.fn("RejectRepo.runs")(function* (limit: number) {
      const rows = yield* sql<{ id: number }>`
        select id::float8 as id from etl_runs
        where exists (select from etl_rejects where run_id = etl_runs.id) order by etl_runs.id desc limit ${limit}`
      return rows.map(({ id }) => id)
    }, Effect.mapError(fromSqlError)),

    files: Effect.fn("RejectRepo.files")(function* (runId: number) {
      const rows = yield* sql<FileRow>`
        select id as "fileId", uri, header, format, rejects, bytes
        from etl_files join (
          select file_id, count(*)::float8 as rejects, sum(octet_length(raw))::float8 as bytes
          from etl_rejects where run_id = ${runId} group by file_id
        ) counts on counts.file_id = etl_files.id
        order by id`
      return rows.map(toFile)
    }, Effect.mapError(fromSqlError)),

    read: rejects(sql`raw`),
    list: rejects(sql`''::bytea`),

    delete: Effect.fn("RejectRepo.delete")(function* (runId: number) {
      let total = 0
      for (;;) {
        const [counts] = yield* sql<{ deleted: number }>`
          with deleted as (
            delete from etl_rejects
            where ctid = any(array(select ctid from etl_rejects where run_id = ${runId} limit ${rowsOfDelete}))
            returning 1
          )
          select count(*)::float8 as deleted from deleted`
        if (counts!.deleted === 0) return total
        total += counts!.deleted
      }
    }, Effect.mapError(fromSqlError)),
  })
})

export const layer = Layer.effect(RejectRepo, make)
