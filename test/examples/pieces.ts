// The pieces of the library, each alone.

import { Effect, Layer, Stream } from "effect"
import { Address, Answer, ColumnMapping, GeoLocator, Inspection, Locating } from "user-activity-etl"
import { MappingFile, Pipeline, Records, Rejects, Source, Users } from "user-activity-etl"
import * as PgEmbedded from "user-activity-etl/PgEmbedded"
import * as Postgres from "user-activity-etl/Postgres"

// Which header fills which column: in the program, or in the text of a file, with the format.
export const mapping = ColumnMapping.make({ Mail: "email", IP: "ip_address" })
const text = '{ "format": { "delimiter": "," }, "columns": { "Mail": "email" } }'
export const fromFile = Effect.flatMap(MappingFile.parse("crm.json", text), Pipeline.run)

// An address in its canonical form, or why a text is none.
export const address = Address.parse(" 2001:4860:4860:0:0:0:0:8888 ")

// The records of a CSV file: each a user, or a reject with its line and every reason.
const csv = "Mail,IP\nada@example.com,81.2.69.142\nno mail,\n"
const bytes = Stream.succeed(new TextEncoder().encode(csv))
export const records = bytes.pipe(Records.stream({ mapping }))
export const inspected = bytes.pipe(Inspection.inspect()) // with the mapping that it proposes

// Users into the database: the last version of each wins.
const users = records.pipe(Stream.filterMap(Records.user))
export const upserted = users.pipe(Users.upsert({ source: "crm" }))

// Sources of what the program has: files, or records.
export const files = Source.fromBytes({ "1.csv": csv })
const people = Stream.make({ Mail: "bo@example.com", IP: "8.8.8.8" })
export const rows = Source.fromRecords("crm.csv", people)

// Answers at once, from what the program knows.
const ours = Answer.unlocatable("our network")
const known = (all: ReadonlyArray<Address.Address>) => all.filter((it) => it.startsWith("81.2."))
export const office = GeoLocator.layerInstant(
  "office",
  (all) => new Map(known(all).map((it) => [it, ours])),
)

// The places of any number of addresses, in any form.
const given = ["81.2.69.142", "10.0.0.1", "8.8.8.8", "no address"]
export const located = GeoLocator.locateAll(given).pipe(Stream.runCollect, Effect.provide(office))

// Places for the users that have none, without loading.
export const placed = Locating.run({ locateFor: "1 minute" }).pipe(Effect.provide(office))

// Why the records of a run were rejected.
export const reasons = (runId: number) =>
  Rejects.stream(runId).pipe(
    Stream.map(({ file, line, reasons }) => ({ uri: file.uri, line, reasons })),
  )

// A run of these, in a database in memory.
export const repositories = Postgres.layer.pipe(Layer.provide(PgEmbedded.layerTemp))
export const loaded = Pipeline.run({ mapping }).pipe(Effect.provide([files, office, repositories]))
