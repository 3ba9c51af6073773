/** Whether a later version of the file was listed: nobody reads this one any more. `file`: a name of `etl_files` in the statement. */
export const isReplaced = (file: string): string =>
  `exists (select from etl_files later where later.uri = ${file}.uri and later.id > ${file}.id)`

/** The columns of `etl_runs`, `etl_files` and `etl_checkpoints` that count records. */
export const outcomes = ["read", "inserted", "updated", "unchanged", "stale", "duplicate", "rejected"] as const
