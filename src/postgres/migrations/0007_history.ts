// How runs and files ended, for the history of runs.

import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * How the last attempt of a run ended, and how long all of them took: null where none has ended, or it was killed. Why
 * files failed; `problems`: those that could not even be listed, an array of objects with `uri` and `error`.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    alter table etl_runs
      add column ended_at timestamptz,
      add column exit_code smallint,
      add column milliseconds bigint not null default 0,
      add column stages jsonb,
      add column problems jsonb`
  yield* sql`alter table etl_files add column error text`
})
