// The values that could not be used, and are null.

import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * `blanked`: how many there are, beside the counts of records. `etl_bad_values`: each of them, and why it could not be
 * used. Its keys sort the columns of a record in the same way in every database.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  for (const table of ["etl_runs", "etl_files", "etl_checkpoints"]) {
    yield* sql`alter table ${sql(table)} add column blanked bigint not null default 0`
  }
  yield* sql`
    create table etl_bad_values (
      file_id integer not null,
      byte_offset bigint not null,
      "column" text collate "C" not null,
      line bigint not null,
      value text,
      message text not null,
      run_id bigint not null,
      primary key (file_id, byte_offset, "column")
    )`
  yield* sql`create index etl_bad_values_run on etl_bad_values (run_id)`
})
