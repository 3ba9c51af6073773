import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Layer } from "effect"
import { Answer, ColumnMapping, GeoLocator, Pipeline } from "user-activity-etl"
import * as LocalSource from "user-activity-etl/LocalSource"
import * as PgServer from "user-activity-etl/PgServer"
import * as Postgres from "user-activity-etl/Postgres"

// A locator of our own: it knows one office, at once. What it does not name has no place.
const office = Answer.located({
  latitude: 52.52,
  longitude: 13.4,
  country: "Germany",
  region: "Berlin",
  city: "Berlin",
  timezone: "Europe/Berlin",
  isp_name: "Our own network",
})
const OfficeLocator = Layer.succeed(GeoLocator, {
  name: "office",
  instant: (addresses) =>
    Effect.succeed(
      new Map(addresses.filter((address) => address.startsWith("81.2.69.")).map((address) => [address, office])),
    ),
  service: undefined,
})

const program = Effect.gen(function* () {
  const mapping = yield* ColumnMapping.parse("our mapping", '{ "Mail": "email", "IP": "ip_address" }')
  const summary = yield* Pipeline.run({ mapping })
  return summary.totals
})

// The database is that of DATABASE_URL, or of DB_HOST and the other DB_ variables.
const Users = Postgres.layer.pipe(Layer.provide(PgServer.layerConfig()))

export const loadOffice = (directory: string) =>
  program.pipe(
    Effect.provide(
      Layer.mergeAll(LocalSource.layer(directory), OfficeLocator, Users).pipe(Layer.provide(NodeServices.layer)),
    ),
  )
