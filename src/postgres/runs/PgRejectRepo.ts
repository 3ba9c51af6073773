// The rejects of runs in PostgreSQL: `etl_rejects`, read in pages.

import { Effect, Layer, Option, Stream } from "effect"
import type { Fragment } from "effect/sql/Statement"
import { fromSqlError } from "../../domain/DatabaseError.ts"
import { integers } from "../arrays.ts"
import { makeClient } from "../client.ts"
import { makeBadValues } from "./badValues.ts"
import { storedFormat } from "./etlFiles.ts"
import { type Batch, batches, bytesOfPage, fitsPage, makeKeptOfRun, rowsOfPage } from "./keptOfRun.ts"
import { type RejectedFile, RejectRepo, type StoredReject } from "../../repo/RejectRepo.ts"

type Row = Omit<StoredReject, "file"> & { readonly fileId: number }

type FileRow = Omit<RejectedFile, "format"> & { readonly format: unknown }

const toFile = ({ format, ...file }: FileRow): RejectedFile => ({ ...file, format: storedFormat(format) })

const make = Effect.gen(function* () {
  const sql = yield* makeClient
  const kept = makeKeptOfRun(sql, "etl_rejects")

  const page = (runId: number, batch: Batch<RejectedFile>, after: number, raw: Fragment) =>
    kept.page(sql<Row>`
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
      order by file_id, byte_offset`)

  const batchRejects = (runId: number, batch: Batch<RejectedFile>, raw: Fragment) => {
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
    Stream.fromArray(batches(files, ({ bytes, rejects }) => ({ bytes, rows: rejects }))).pipe(
      Stream.flatMap((batch) => batchRejects(runId, batch, raw)),
      Stream.mapError(fromSqlError),
    )

  return RejectRepo.of({
    runs: Effect.fn("RejectRepo.runs")(kept.runs, Effect.mapError(fromSqlError)),

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

    delete: Effect.fn("RejectRepo.delete")(kept.delete, Effect.mapError(fromSqlError)),

    badValues: makeBadValues(sql),
  })
})

export const layer = Layer.effect(RejectRepo, make)
