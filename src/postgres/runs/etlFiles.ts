// Files and their counts in SQL, as several statements read them.

import { Schema } from "effect"
import { Format } from "../../domain/Format.ts"
import { allCountNames } from "../../domain/RunSummary.ts"
import { isLocked, sourceLock } from "../locks.ts"

/** Whether a cluster loads the run of `etl_runs`, or will: it is neither ended nor cancelled. */
export const isUnderWay = "execution is not null and ended_at is null and cancelled_at is null"

/**
 * Whether a later version of the file was listed: this one is no longer read. `file`: a name of `etl_files` in the
 * statement.
 */
export const isReplaced = (file: string): string =>
  `exists (select from etl_files later where later.uri = ${file}.uri and later.id > ${file}.id)`

/** Whether the URI, in SQL, is that of a reading of standard input: see `domain/stdin`. */
export const isReading = (uri: string): string => `${uri} ~ '^stdin:[1-9][0-9]*$'`

/** Whether what is left of the file will be read: a reading of standard input ends with its process. */
export const isToBeRead = (file: string): string => `
  not ${isReplaced(file)} and (not ${isReading(`${file}.uri`)} or ${isLocked(`'${sourceLock}' || ${file}.uri`)})`

const decodeFormat = Schema.decodeUnknownSync(Format)

/** The column `format`: null where nothing is read yet, or an earlier version started the load. */
export const storedFormat = (format: unknown): Format | undefined =>
  format === null ? undefined : decodeFormat(format)

/**
 * The sums of the columns that count records and values in `etl_runs`, `etl_files` and `etl_checkpoints`: they have the counts'
 * names.
 */
export const countSums = allCountNames.map((name) => `coalesce(sum(${name}), 0)::float8 as ${name}`).join(", ")

/** The counts of the files `f` for which `where` is true: of loaded files, and of the lanes of unfinished loads. */
export const countsOf = (where: string): string => `
  select ${countSums} from (
    select ${allCountNames.join(", ")} from etl_files f where ${where}
    union all
    select ${allCountNames.map((name) => `c.${name}`).join(", ")} from etl_checkpoints c join etl_files f on f.id = c.file_id
    where ${where}
  ) counts`
