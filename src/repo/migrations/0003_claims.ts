import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // The advisory lock that the claiming process holds while it lives.
  yield* sql`alter table ip_locations add column claimed_by bigint`
})
