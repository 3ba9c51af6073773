// A test that needs the real tables: PostgreSQL in memory, one for all tests of the file.

import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Logger } from "effect"
import { SqlClient } from "effect/sql"
import { ColumnMapping, Pipeline } from "user-activity-etl"
import * as PgEmbedded from "user-activity-etl/PgEmbedded"
import * as Postgres from "user-activity-etl/Postgres"
import * as Testing from "user-activity-etl/testing"

const mapping = ColumnMapping.make({ Mail: "email", IP: "ip_address" })
const bucket = Testing.layerSource({ "1.csv": "Mail,IP\nada@example.com,81.2.69.142\n" })
const service = Testing.layerGeo({ "81.2.69.142": { city: "London" } })
const database = Postgres.layer.pipe(Layer.provideMerge(PgEmbedded.layerTemp))

// A database takes real time: without TestClock.
layer(database, { excludeTestServices: true })((it) => {
  it.effect("a query of ours finds the cities of the users", () =>
    Effect.gen(function* () {
      yield* Pipeline.run({ mapping })
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql`select email, city from users`
      assert.deepStrictEqual(rows, [{ email: "ada@example.com", city: "London" }])
    }).pipe(Effect.provide([bucket, service, Logger.layer([])])),
  )
})
