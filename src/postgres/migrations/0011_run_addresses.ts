import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * `runs`: which runs answer for an address that waits: their chunks queued it, or found it waiting. Null once it is
 * answered, and where no run has asked for it. A table of runs and addresses made queueing new addresses take more than
 * twice as long; this column costs them nothing.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`alter table ip_locations add column runs bigint[]`
  // What waits by now may be any unfinished run's.
  yield* sql`
    update ip_locations set runs = (select array_agg(id order by id desc) from (
      select id from etl_runs where finished_at is null order by id desc limit 32) unfinished)
    where status = 'pending'`
})
