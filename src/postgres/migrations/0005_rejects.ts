// Rejects without foreign keys.

import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * Rejects are written in a transaction that has their file and run already: looking both up for every reject took 1.7 s
 * for 100,000.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`alter table etl_rejects drop constraint etl_rejects_file_id_fkey, drop constraint etl_rejects_run_id_fkey`
})
