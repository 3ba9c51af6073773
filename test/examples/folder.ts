// Loads a folder of CSV files into PostgreSQL.

import * as NodeServices from "@effect/platform-node/NodeServices"
import { Config, Effect, Layer, Option } from "effect"
import { ColumnMapping, GeoLocator, Pipeline } from "user-activity-etl"
import * as LocalSource from "user-activity-etl/LocalSource"
import * as PgEmbedded from "user-activity-etl/PgEmbedded"
import * as PgServer from "user-activity-etl/PgServer"
import * as Postgres from "user-activity-etl/Postgres"

// The headers of the files, and the columns of `users` that they fill.
const mapping = ColumnMapping.make({ Mail: "email", Name: "first_name", IP: "ip_address", Seen: "updated_at" })

// The server that DATABASE_URL names, or else a database in a folder of this machine.
const Database = Layer.unwrap(
  Effect.map(
    Config.option(Config.String("DATABASE_URL")),
    Option.match({
      onSome: () => PgServer.layerConfig(),
      onNone: () => PgEmbedded.layer({ directory: ".etl/pgdata" }),
    }),
  ),
)

// Other sources: S3Source.layer(...). Other locators: Mmdb.layer(...), IpApi.layer(...).
const Services = (directory: string) =>
  Layer.mergeAll(LocalSource.layer(directory), GeoLocator.none, Postgres.layer.pipe(Layer.provide(Database))).pipe(
    Layer.provide(NodeServices.layer),
  )

export const load = (directory: string) => Pipeline.run({ mapping }).pipe(Effect.provide(Services(directory)))
