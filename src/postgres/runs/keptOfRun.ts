// What is kept of a run in many rows, `etl_rejects` and `etl_bad_values`: read in pages, and deleted in steps.

import { Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"

/**
 * A statement's answer is held in memory as a whole: at most this many rows, and no further row from this many bytes
 * on.
 */
export const rowsOfPage = 1000
export const bytesOfPage = 4 * 1024 * 1024

/** The most rows that one statement deletes: it must end within its timeout. */
const rowsOfDelete = 10_000

/** What is kept of a file. */
interface Size {
  readonly rows: number
  readonly bytes: number
}

/** The files of one page, which are short; or one long file, which takes several pages. */
export interface Batch<File> {
  readonly files: Array<File>
  rows: number
  bytes: number
}

export const fitsPage = ({ rows, bytes }: Size): boolean => rows <= rowsOfPage && bytes <= bytesOfPage

export const batches = <File>(files: ReadonlyArray<File>, sizeOf: (file: File) => Size): ReadonlyArray<Batch<File>> => {
  const all: Array<Batch<File>> = []
  for (const file of files) {
    const { bytes, rows } = sizeOf(file)
    const last = all.at(-1)
    if (last !== undefined && fitsPage({ rows: last.rows + rows, bytes: last.bytes + bytes })) {
      last.files.push(file)
      last.rows += rows
      last.bytes += bytes
    } else all.push({ files: [file], rows, bytes })
  }
  return all
}

export const makeKeptOfRun = (sql: SqlClient, table: "etl_rejects" | "etl_bad_values") => {
  // Without statistics the planner would read and sort all that is left of a file for each page of it.
  const preferOrder = sql`
    select set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true),
      set_config('enable_seqscan', 'off', true)`

  return {
    /** Runs that have rows, the newest first. */
    runs: Effect.fnUntraced(function* (limit: number) {
      const rows = yield* sql<{ id: number }>`
        select id::float8 as id from etl_runs
        where exists (select from ${sql(table)} where run_id = etl_runs.id) order by etl_runs.id desc limit ${limit}`
      return rows.map(({ id }) => id)
    }),

    /** A page's statement. */
    page: <A, E, R>(statement: Effect.Effect<A, E, R>) =>
      preferOrder.pipe(Effect.andThen(statement), sql.withTransaction),

    /** Deletes the run's rows; returns how many there were. */
    delete: Effect.fnUntraced(function* (runId: number) {
      let total = 0
      for (;;) {
        const [counts] = yield* sql<{ deleted: number }>`
          with deleted as (
            delete from ${sql(table)}
            where ctid = any(array(select ctid from ${sql(table)} where run_id = ${runId} limit ${rowsOfDelete}))
            returning 1
          )
          select count(*)::float8 as deleted from deleted`
        if (counts!.deleted === 0) return total
        total += counts!.deleted
      }
    }),
  }
}
