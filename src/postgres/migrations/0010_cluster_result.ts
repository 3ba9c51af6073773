// The results of runs in a cluster.

import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * `etl_runs.result`: how the last attempt of a run in a cluster ended, for the commands that follow it: its summary, or
 * why it failed. The engine's own messages are deleted when the attempt has ended.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`alter table etl_runs add column result json`
})
