import { countNames } from "../../domain/RunSummary.ts"
import { countsOf, isReplaced } from "./etlFiles.ts"
import { countsAsJson } from "./runRecords.ts"

/** What became of a `file` of the statement. A run is finished when all that its source then had was loaded. */
const stateOf = `case when loaded_at is not null then 'loaded' when ${isReplaced("file")} then 'replaced'
  when exists (select from etl_runs where id = $1 and finished_at is not null) then 'gone'
  when error is not null then 'failed' when header is not null then 'open' else 'waiting' end`

/** Files of the run that could not even be listed, and have no number. An earlier version ends a run and leaves them. */
const unlisted = `
  select null::integer as id, p.uri, 'failed' as state, p.error
  from etl_runs r cross join jsonb_to_recordset(r.problems) as p (uri text, error text)
  where r.id = $1 and r.finished_at is null`

const noCounts = `json_build_object(${countNames.map((name) => `'${name}', 0`).join(", ")})`

/** Parameter: the run. */
export const filesOfRun = `
  select uri, size, state, counts, error from (
    select id, uri, size::float8 as size, ${stateOf} as state, ${countsAsJson("c")} as counts,
      case when loaded_at is null then error end as error
    from etl_files file cross join lateral (${countsOf("f.id = file.id")}) c
    where run_id = $1
    union all
    select id, uri, 0, state, ${noCounts}, error from (${unlisted}) unlisted
  ) files
  order by id, uri`

/** The files of a run that failed; `total`: how many there are in all. Parameter: the run. */
export const failedOfRun = `
  select uri, error, (count(*) over ())::float8 as total from (
    select id, uri, ${stateOf} as state, error from etl_files file where run_id = $1 and error is not null
    union all ${unlisted}
  ) files
  where state = 'failed'
  order by id, uri`
