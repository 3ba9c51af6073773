// What a run needs to be resumed: its request.

import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // Only the same request resumes a run.
  yield* sql`alter table etl_runs add column mapping text, add column force boolean not null default false`
  // Unfinished files are few, and looked up with every chunk.
  yield* sql`create index etl_files_unfinished on etl_files (id) where loaded_at is null`
})
