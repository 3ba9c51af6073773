import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * A large file may be loaded in parts, each with checkpoints of its own: `part_end` is the byte at which the next one
 * begins, null where nobody has split the file. Whoever takes a part raises its fence: who took it before and lives on
 * does not write any more.
 *
 * `etl_parts`: what became of the parts in an attempt that is under way, for who waits for them.
 *
 * A run that was handed over to a cluster is known there as `execution`; `cancelled_at`: its last attempt is to stop.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`alter table etl_files add column fence integer not null default 0`
  yield* sql`
    alter table etl_checkpoints
      add column part integer not null default 0,
      add column part_end bigint,
      add column fence integer not null default 0,
      drop constraint etl_checkpoints_pkey,
      add primary key (file_id, part, lane)`
  yield* sql`
    create table etl_parts (
      run_id bigint not null,
      attempt integer not null,
      file_id integer not null,
      part integer not null,
      outcome jsonb not null,
      primary key (run_id, attempt, file_id, part)
    )`
  yield* sql`alter table etl_runs add column execution text, add column cancelled_at timestamptz`
})
