// The time of a run's latest attempt, and the process that claimed an address.

import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // The latest run is the one with the latest attempt.
  yield* sql`alter table etl_runs add column attempted_at timestamptz not null default now()`
  yield* sql`update etl_runs set attempted_at = started_at`
  // The advisory lock that the claiming process holds while it runs.
  yield* sql`alter table ip_locations add column claimed_by bigint`
})
