// What several workers need to load one run: parts, fences, outcomes.

import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * A large file may be loaded in parts, each with checkpoints of its own: `part_end` is the byte at which the next one
 * begins, null where the file is not split. A process that takes a part raises its fence: one that took it before
 * writes no more of it.
 *
 * `etl_parts`: the outcomes of parts in an attempt that is under way, for the worker that waits for them.
 *
 * `execution`: the cluster's id of a run that was handed over; `cancelled_at`: when its last attempt was cancelled.
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
