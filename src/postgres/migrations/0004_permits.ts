// The permits to send requests, which all processes count together: see `Permits`.

import { Effect } from "effect"
import { SqlClient } from "effect/sql"

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
