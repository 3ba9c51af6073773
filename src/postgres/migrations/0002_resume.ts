import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // What a run was asked for: another request does not go on with it.
  yield* sql`alter table etl_runs add column mapping text, add column force boolean not null default false`
  // Files that are not loaded to their end are few, and asked for with every chunk.
  yield* sql`create index etl_files_unfinished on etl_files (id) where loaded_at is null`
})
