// Files that are committed together, in SQL: what each of them gains, and that they are loaded.

import type { SqlClient } from "effect/sql/SqlClient"
import { Effect } from "effect"
import { allCountNames, type RecordCounts } from "../../domain/RunSummary.ts"
import type { WholeFile } from "../../repo/RunRepo.ts"
import { bytes, smallIntegers, texts } from "../arrays.ts"
import type { Parameters } from "../Parameters.ts"
import { isToBeRead } from "./etlFiles.ts"

/** What is known of a file before its users are written. */
export interface KnownFile extends WholeFile, Pick<RecordCounts, "read" | "duplicate" | "rejected" | "blanked"> {
  /** How many users it has the last version of. */
  readonly winners: number
}

/** The columns of a table of files, by name: their types, and values. */
const columns: ReadonlyArray<readonly [name: string, type: string, of: (files: ReadonlyArray<KnownFile>) => unknown]> =
  [
    ["id", "integer", (files) => smallIntegers(files.map(({ fileId }) => fileId))],
    ["load", "integer", (files) => smallIntegers(files.map(({ load }) => load))],
    ["fence", "integer", (files) => smallIntegers(files.map(({ fence }) => fence))],
    ["header", "bytea", (files) => bytes(files.map(({ header }) => header))],
    ["format", "text", (files) => texts(files.map(({ format }) => JSON.stringify(format)))],
    ["winners", "integer", (files) => smallIntegers(files.map(({ winners }) => winners))],
    ["read", "integer", (files) => smallIntegers(files.map(({ read }) => read))],
    ["duplicate", "integer", (files) => smallIntegers(files.map(({ duplicate }) => duplicate))],
    ["rejected", "integer", (files) => smallIntegers(files.map(({ rejected }) => rejected))],
    ["blanked", "integer", (files) => smallIntegers(files.map(({ blanked }) => blanked))],
  ]

/** The table `files`. */
export const filesTable = (parameters: Parameters, files: ReadonlyArray<KnownFile>): string => {
  const arrays = columns.map(([, type, of]) => `${parameters.add(of(files))}::${type}[]`)
  return `files as materialized (select * from unnest(${arrays.join(", ")}) as f (${columns.map(([name]) => name).join(", ")}))`
}

/**
 * Whether a file with a lower number than the last of `files` is unfinished, these left out. Where it is lower than the
 * last alone, an equal row of the others takes a later position too, which does no harm.
 */
export const areAhead = `(exists (
    select from etl_files f
    where f.loaded_at is null and f.id < (select max(id) from files) and f.id not in (select id from files) and ${isToBeRead("f")}
  ))`

/** The table `counts`: those of each file, by the tables `files` and `gained` (see `upsertUsers`). */
export const countsByFile = `counts as materialized (
    select f.*, gains.*, f.winners - gains.inserted - gains.updated - gains.stale as unchanged
    from files f left join gained g on g.file_id = f.id cross join lateral (
      select coalesce(g.inserted, 0) as inserted, coalesce(g.updated, 0) as updated, coalesce(g.stale, 0) as stale
    ) gains
  )`

/**
 * The statement that marks the files of `counts` as loaded, and returns a row for each of which nothing was loaded. Without
 * the `coalesce` the planner may read all unfinished files for each of them.
 */
export const markLoaded = (run: string): string => `
  update etl_files f set header = n.header, format = n.format::jsonb, loaded_at = now(), error = null,
    ${allCountNames.map((name) => `${name} = n.${name}`).join(", ")}
  from counts n
  where f.id = n.id and f.load = n.load and f.run_id = ${run} and f.fence = n.fence
    and coalesce(f.loaded_at, 'infinity') = 'infinity' and f.header is null
  returning f.id, ${allCountNames.map((name) => `f.${name}::integer`).join(", ")}`

/** A row of `markLoaded`. */
export interface LoadedFile extends RecordCounts {
  readonly id: number
}

/** The counts, in the order of the files; undefined where one of the files is missing. */
export const inOrder = (
  files: ReadonlyArray<WholeFile>,
  loaded: ReadonlyArray<LoadedFile>,
): ReadonlyArray<RecordCounts> | undefined => {
  const byId = new Map(loaded.map(({ id, ...counts }) => [id, counts]))
  const counts = files.flatMap(({ fileId }) => byId.get(fileId) ?? [])
  return byId.size === files.length && counts.length === files.length ? counts : undefined
}

/** The counts of files that are loaded, by these very loads; undefined where one is not. */
export const makeCountsIfLoaded = (sql: SqlClient) => (files: ReadonlyArray<WholeFile>) =>
  sql
    .unsafe<LoadedFile>(
      `select f.id, ${allCountNames.map((name) => `f.${name}::integer`).join(", ")}
      from unnest($1::integer[], $2::integer[], $3::integer[]) as t (id, load, fence) join etl_files f using (id, load, fence)
      where f.run_id = $4 and f.loaded_at is not null`,
      [
        smallIntegers(files.map(({ fileId }) => fileId)),
        smallIntegers(files.map(({ load }) => load)),
        smallIntegers(files.map(({ fence }) => fence)),
        files[0]!.runId,
      ],
    )
    .pipe(Effect.map((loaded) => inOrder(files, loaded)))
