// The pieces of the library, each alone.

import { Effect, Layer, Stream } from "effect"
import { Address, Answer, ColumnMapping, GeoLocator, Locating, Pipeline, Quota } from "user-activity-etl"
import { Records, Rejects, Source, Users } from "user-activity-etl"
import * as PgEmbedded from "user-activity-etl/PgEmbedded"
import * as Postgres from "user-activity-etl/Postgres"

// Which header fills which column. `ColumnMapping.parse` reads the JSON of a file.
export const mapping = ColumnMapping.make({ Mail: "email", IP: "ip_address" })

// An address in its canonical form, or why a text is none.
export const address = Address.parse(" 2001:4860:4860:0:0:0:0:8888 ")

// The records of a CSV file: each a user, or a reject with its line, its bytes and every reason.
const bytes = Stream.succeed(new TextEncoder().encode("Mail,IP\nada@example.com,81.2.69.142\nno mail,\n"))
export const records = bytes.pipe(Records.stream({ mapping }))
export const users = records.pipe(Stream.filterMap(Records.user))

// Users into the database: the last version of each wins.
export const upserted = users.pipe(Users.upsert({ source: "crm" }))

// Sources of what the program has: files, or records.
export const files = Source.fromBytes({ "1.csv": "Mail,IP\nada@example.com,81.2.69.142\nno mail,\n" })
export const rows = Source.fromRecords("crm.csv", Stream.make({ Mail: "bo@example.com", IP: "8.8.8.8" }))

// Answers at once, from what the program knows.
const here = Answer.unlocatable("our network")
const isOurs = (text: string) => text.startsWith("81.2.69.")
export const office = GeoLocator.layerInstant("office", (all) => new Map(all.filter(isOurs).map((it) => [it, here])))

// A quota of five requests in any second, for any service.
const quota = Quota.make({ limit: 5, window: "1 second" })
const send = (all: ReadonlyArray<Address.Address>) => Effect.succeed(new Map(all.map((it) => [it, Answer.notNow])))
export const answers = Effect.flatMap(quota, ({ withPermit }) => withPermit(() => send([])))

// Answers of a service, under that quota; here of one that never knows.
const limits = { batchSize: 100, concurrency: 5 }
const make = Effect.map(quota, ({ withPermit }) =>
  GeoLocator.layerService({ provider: "ours", ...limits, locate: (all) => withPermit(() => send(all)) }),
)
export const service = Layer.unwrap(make)

// The places of any number of addresses, in any form: asked of the office first, then of the service.
export const locators = GeoLocator.layerChain(office, service)
const given = ["81.2.69.142", "10.0.0.1", "8.8.8.8", "no address"]
export const located = GeoLocator.locateAll(given).pipe(Stream.runCollect, Effect.provide(locators))

// Users without a place, located without loading.
export const placed = Locating.run({ locateFor: "1 minute" }).pipe(Effect.provide(locators))

// Why the records of a run were rejected.
export const rejects = (runId: number) =>
  Rejects.stream(runId).pipe(Stream.map(({ file, line, reasons }) => ({ uri: file.uri, line, reasons })))

// A database in memory, for tests, and for all of these that need one.
export const repositories = Postgres.layer.pipe(Layer.provide(PgEmbedded.layerTemp))

// A run of all of them.
export const loaded = Pipeline.run({ mapping }).pipe(Effect.provide([files, locators, repositories]))
