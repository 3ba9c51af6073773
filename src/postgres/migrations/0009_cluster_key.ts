// The key of a cluster, and the jobs of its runs.

import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * `etl_cluster_key`: a random key of 32 bytes, one row. A process that can read it can talk to the workers of this
 * database. The server makes it, so that it is in no statement and no log.
 *
 * `etl_runs.job`: the request of a run in a cluster, so that workers take it from the database and not from a message.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`alter table etl_runs add column job json`
  yield* sql`
    create table etl_cluster_key (
      is_only boolean primary key default true check (is_only),
      key bytea not null check (octet_length(key) = 32)
    )`
  // A UUID has 122 bits of the system's strong randomness; three have more than the key holds.
  yield* sql`
    insert into etl_cluster_key (key)
    select sha256(convert_to(concat(gen_random_uuid(), gen_random_uuid(), gen_random_uuid()), 'UTF8'))`
})
