// The versions of PostgreSQL that a feature requires.

import { Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { DatabaseError } from "../domain/DatabaseError.ts"

/** Fails where the server is older than `least` (PostgreSQL 13: 130,000); `needed`: what is needed, and what to do. */
export const requireVersion = Effect.fnUntraced(function* (sql: SqlClient, least: number, needed: string) {
  const [server] = yield* sql<{ number: number; version: string }>`
    select current_setting('server_version_num')::integer as number, current_setting('server_version') as version`
  if (server!.number >= least) return
  return yield* new DatabaseError({
    operation: "migrate",
    message: `The server is PostgreSQL ${server!.version}, and ${needed}`,
    retryable: false,
  })
})
