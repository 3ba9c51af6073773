// Loads a folder of CSV files into PostgreSQL.

import * as NodeServices from "@effect/platform-node/NodeServices"
import { Config, Effect, Layer, Option } from "effect"
import { ColumnMapping, GeoLocator, Pipeline } from "user-activity-etl"
import * as LocalSource from "user-activity-etl/LocalSource"
import * as PgEmbedded from "user-activity-etl/PgEmbedded"
import * as PgServer from "user-activity-etl/PgServer"
import * as Postgres from "user-activity-etl/Postgres"

// The headers of the files, and the columns of `users` that they fill.
const columns = { Mail: "email", Name: "first_name", IP: "ip_address", Seen: "updated_at" } as const
const mapping = ColumnMapping.make(columns)

// The server that DATABASE_URL names; without it, a database in a folder.
const Database = Layer.unwrap(
  Effect.map(Config.option(Config.String("DATABASE_URL")), (url) =>
    Option.isSome(url) ? PgServer.layerConfig() : PgEmbedded.layer({ directory: ".etl/pgdata" }),
  ),
)

// Other sources: S3Source.layer(...). Other locators: Mmdb.layer(...), IpApi.layer(...).
const Services = (directory: string) =>
  Layer.mergeAll(
    LocalSource.layer(directory),
    GeoLocator.none,
    Postgres.layer.pipe(Layer.provide(Database)),
  ).pipe(Layer.provide(NodeServices.layer))

export const load = (directory: string) =>
  Pipeline.run({ mapping }).pipe(Effect.provide(Services(directory)))
