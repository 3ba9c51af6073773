// How the text of each file is read.

import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** `format`: see `domain/Format`. Null until a load has begun, and where an earlier version began it. */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`alter table etl_files add column format jsonb`
})
