// The runs to which a pending address belongs.

import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * `runs`: the runs whose chunks queued a pending address, or found it pending. Null once it is answered, and where no
 * run has queued it. A table of runs and addresses made queueing new addresses take more than twice as long; this
 * column costs nothing.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`alter table ip_locations add column runs bigint[]`
  // An address that is pending now may belong to any unfinished run.
  yield* sql`
    update ip_locations set runs = (select array_agg(id order by id desc) from (
      select id from etl_runs where finished_at is null order by id desc limit 32) unfinished)
    where status = 'pending'`
})
