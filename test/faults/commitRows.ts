import { PgClient } from "@effect/sql-pg"
import { Effect, Redacted } from "effect"
import * as PgEmbedded from "../../src/database/PgEmbedded.ts"
import * as PgServer from "../../src/database/PgServer.ts"

// A program to try `killAt.ts` on: commits the rows 1 to 5 of a new table `committed`, each in a transaction of its own.
// `node commitRows.ts postgres://...`, or `node commitRows.ts FOLDER` of an embedded database.

const where = process.argv[2]!

const database = where.startsWith("postgres:")
  ? PgServer.layer({ url: Redacted.make(where), maxConnections: 1 })
  : PgEmbedded.layer({ directory: where })

const program = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  yield* sql`create table committed (n integer)`
  for (let n = 1; n <= 5; n++) yield* sql.withTransaction(sql`insert into committed values (${n})`)
})

await Effect.runPromise(Effect.provide(program, database))
