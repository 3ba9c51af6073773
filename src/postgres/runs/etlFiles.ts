import { countNames } from "../../domain/RunSummary.ts"

/** Whether a cluster loads the run of `etl_runs`, or will: nobody has cancelled it. */
export const isUnderWay = "execution is not null and ended_at is null and cancelled_at is null"

/** Whether a later version of the file was listed: nobody reads this one any more. `file`: a name of `etl_files` in the statement. */
export const isReplaced = (file: string): string =>
  `exists (select from etl_files later where later.uri = ${file}.uri and later.id > ${file}.id)`

/** The sums of the columns of `etl_runs`, `etl_files` and `etl_checkpoints` that count records: they are called as the counts are. */
export const countSums = countNames.map((name) => `coalesce(sum(${name}), 0)::float8 as ${name}`).join(", ")

/** What is counted of the files `f` of which that is true: what they have as a whole, and their unfinished loads by lane. */
export const countsOf = (where: string): string => `
  select ${countSums} from (
    select ${countNames.join(", ")} from etl_files f where ${where}
    union all
    select ${countNames.map((name) => `c.${name}`).join(", ")} from etl_checkpoints c join etl_files f on f.id = c.file_id
    where ${where}
  ) counts`
