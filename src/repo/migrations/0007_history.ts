import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** How the last attempt of a run ended, and how long all of them took: null where none has ended, or lived to tell. */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    alter table etl_runs
      add column ended_at timestamptz,
      add column exit_code smallint,
      add column milliseconds bigint not null default 0,
      add column stages jsonb`
})
