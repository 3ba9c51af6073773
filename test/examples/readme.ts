import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Layer } from "effect"
import { ColumnMapping, Pipeline } from "user-activity-etl"
import * as LocalSource from "user-activity-etl/LocalSource"
import * as Mmdb from "user-activity-etl/Mmdb"
import * as PgEmbedded from "user-activity-etl/PgEmbedded"
import * as Postgres from "user-activity-etl/Postgres"
import * as Testing from "user-activity-etl/testing"

const mapping = ColumnMapping.make({ Mail: "email", Name: "first_name", IP: "ip_address" })
const program = Pipeline.run({ mapping })

// In production: a folder, local .mmdb files, and PostgreSQL in a folder.
const tables = (directory: string) =>
  Postgres.layer.pipe(Layer.provide(PgEmbedded.layer({ directory })))
export const load = (input: string, data: string) => {
  const services = Layer.mergeAll(LocalSource.layer(input), Mmdb.layer(), tables(data))
  return program.pipe(Effect.provide(services.pipe(Layer.provide(NodeServices.layer))))
}

// In a test: a bucket and a geolocation service that are fakes, and tables in memory.
const bucket = Testing.layerSource({ "1.csv": "Mail,Name,IP\na@example.com,Ada,81.2.69.142\n" })
const places = Testing.layerGeo({ "81.2.69.142": { city: "London" } })
export const tested = program.pipe(Effect.provide([bucket, places, Testing.layerRepo]))
