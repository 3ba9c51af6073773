import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** Requests to services that were allowed lately, by whichever process: see `Permits`. */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    create table etl_permits (
      id bigint generated always as identity primary key,
      provider text not null,
      granted_at timestamptz not null,
      lasts interval not null,
      answered_at timestamptz,
      remaining integer,
      resets_in interval
    )`
})
