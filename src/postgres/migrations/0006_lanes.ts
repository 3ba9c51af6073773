// Checkpoints by lane, since several connections write one file.

import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { laneCount } from "../../domain/laneOf.ts"

/**
 * How far each lane of an unfinished load is committed, and its counts since the load started. Earlier versions had one
 * checkpoint a file.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // Another process may have a chunk under way, whose checkpoint would be lost.
  yield* sql`lock table etl_files in access exclusive mode`
  yield* sql`
    create table etl_checkpoints (
      file_id integer not null,
      lane smallint not null,
      load integer not null,
      run_id bigint not null,
      byte_offset bigint not null,
      line bigint not null,
      read bigint not null default 0,
      inserted bigint not null default 0,
      updated bigint not null default 0,
      unchanged bigint not null default 0,
      stale bigint not null default 0,
      duplicate bigint not null default 0,
      rejected bigint not null default 0,
      primary key (file_id, lane)
    ) with (fillfactor = 50)`
  yield* sql`
    insert into etl_checkpoints (file_id, lane, load, run_id, byte_offset, line)
    select id, lane, load, run_id, byte_offset, line
    from etl_files cross join generate_series(0, ${laneCount - 1}::integer) lane
    where loaded_at is null and header is not null`
  yield* sql`alter table etl_files drop column byte_offset, drop column line, add column max_record_size integer`
})
