/** Text as PostgreSQL takes it: names and messages come from anywhere. */
export const storable = (text: string): string => text.toWellFormed().replaceAll("\0", "\ufffd")

/** Whether a later version of the file was listed: nobody reads this one any more. `file`: a name of `etl_files` in the statement. */
export const isReplaced = (file: string): string =>
  `exists (select from etl_files later where later.uri = ${file}.uri and later.id > ${file}.id)`

/** The columns of `etl_runs`, `etl_files` and `etl_checkpoints` that count records. */
export const outcomes = ["read", "inserted", "updated", "unchanged", "stale", "duplicate", "rejected"] as const

/** The sums of these columns. */
export const countSums = outcomes.map((outcome) => `coalesce(sum(${outcome}), 0)::float8 as ${outcome}`).join(", ")

/** What is counted of the files `f` of which that is true: what they have as a whole, and their unfinished loads by lane. */
export const countsOf = (where: string): string => `
  select ${countSums} from (
    select ${outcomes.join(", ")} from etl_files f where ${where}
    union all
    select ${outcomes.map((outcome) => `c.${outcome}`).join(", ")} from etl_checkpoints c join etl_files f on f.id = c.file_id
    where ${where}
  ) counts`
