import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // The run that was tried last is the latest.
  yield* sql`alter table etl_runs add column attempted_at timestamptz not null default now()`
  yield* sql`update etl_runs set attempted_at = started_at`
  // The advisory lock that the claiming process holds while it lives.
  yield* sql`alter table ip_locations add column claimed_by bigint`
})
