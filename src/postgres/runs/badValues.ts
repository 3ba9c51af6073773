// The bad values of runs in PostgreSQL: `etl_bad_values`, read in pages.

import { Effect, Option, Stream } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { fromSqlError } from "../../domain/DatabaseError.ts"
import type { BadValueFile, RejectRepo, StoredBadValue } from "../../repo/RejectRepo.ts"
import { integers } from "../arrays.ts"
import { type Batch, batches, fitsPage, makeKeptOfRun, rowsOfPage } from "./keptOfRun.ts"

interface Row {
  readonly fileId: number
  readonly byteOffset: number
  readonly line: number
  readonly column: string
  readonly message: string
  readonly value: string | null
}

/** The value that the last page ended with: its record, and its column. */
type Last = Pick<Row, "byteOffset" | "column">

/** Its columns are short: rows alone bound a page. */
const sizeOf = ({ values }: BadValueFile) => ({ rows: values, bytes: 0 })

export const makeBadValues = (sql: SqlClient): RejectRepo["Service"]["badValues"] => {
  const kept = makeKeptOfRun(sql, "etl_bad_values")

  const page = (runId: number, { files }: Batch<BadValueFile>, after: Last) =>
    kept.page(sql<Row>`
      select file_id as "fileId", byte_offset::float8 as "byteOffset", line::float8 as line, "column", message, value
      from etl_bad_values
      where file_id = any(${integers(files.map(({ fileId }) => fileId))})
        and (byte_offset, "column") > (${after.byteOffset}, ${after.column}) and run_id = ${runId}
      order by file_id, byte_offset, "column" limit ${rowsOfPage}`)

  const batchValues = (runId: number, batch: Batch<BadValueFile>) => {
    const byId = new Map(batch.files.map((file) => [file.fileId, file]))
    return Stream.paginate({ byteOffset: -1, column: "" }, (after: Last) =>
      Effect.map(page(runId, batch, after), (rows) => {
        const values = rows.map(({ byteOffset, column, fileId, line, message, value }): StoredBadValue => ({
          byteOffset,
          line,
          reason: { column, message, ...(value === null ? {} : { value }) },
          file: byId.get(fileId)!,
        }))
        const isLast = rows.length === 0 || fitsPage(batch)
        return [values, isLast ? Option.none() : Option.some<Last>(rows.at(-1)!)] as const
      }),
    )
  }

  return {
    runs: Effect.fn("RejectRepo.badValues.runs")(kept.runs, Effect.mapError(fromSqlError)),

    files: Effect.fn("RejectRepo.badValues.files")(
      (runId: number) => sql<BadValueFile>`
        select id as "fileId", uri, "values"
        from etl_files join (
          select file_id, count(*)::float8 as "values" from etl_bad_values where run_id = ${runId} group by file_id
        ) counts on counts.file_id = etl_files.id
        order by id`,
      Effect.mapError(fromSqlError),
    ),

    list: (runId, files) =>
      Stream.fromArray(batches(files, sizeOf)).pipe(
        Stream.flatMap((batch) => batchValues(runId, batch)),
        Stream.mapError(fromSqlError),
      ),

    delete: Effect.fn("RejectRepo.badValues.delete")(kept.delete, Effect.mapError(fromSqlError)),
  }
}
