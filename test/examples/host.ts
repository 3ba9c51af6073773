// What a host shares with the library.

import { Effect, Layer, Logger } from "effect"
import { SqlClient } from "effect/sql"
import { Pipeline } from "user-activity-etl"
import * as PgEmbedded from "user-activity-etl/PgEmbedded"
import * as Postgres from "user-activity-etl/Postgres"
import { files, mapping, office } from "./pieces.ts"

// Any PgClient of @effect/sql-pg, for the library's statements and for yours.
const shared = Postgres.layer.pipe(Layer.provideMerge(PgEmbedded.layerTemp))

export const countUsers = Effect.gen(function* () {
  yield* Pipeline.run({ mapping })
  const sql = yield* SqlClient.SqlClient
  return yield* sql<{ users: number }>`select count(*)::int as users from users`
}).pipe(Effect.provide([files, office, shared, Logger.layer([Logger.consoleJson])]))
