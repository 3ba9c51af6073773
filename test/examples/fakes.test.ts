// Tests of a program that loads from S3 and locates by a service, both of which fail in the middle.

import { assert, it } from "@effect/vitest"
import { Effect, Ref } from "effect"
import { ColumnMapping, GeoLocatorError, Locating, Pipeline } from "user-activity-etl"
import * as Testing from "user-activity-etl/testing"

const mapping = ColumnMapping.make({ Mail: "email", IP: "ip_address" })
const csv = "Mail,IP\nada@example.com,81.2.69.142\nbo@example.com,10.0.0.1\n"

const down = new GeoLocatorError({ provider: "fake", message: "The service is down.", retryable: true })

const cities = Effect.gen(function* () {
  const { users } = yield* Testing.Tables
  return Array.from((yield* Ref.get(users)).values(), ({ location, user }) => [user.email, location?.city])
})

it.effect("a file that breaks off is loaded to its end by the next run, each record once", () =>
  Effect.gen(function* () {
    const broken = yield* Pipeline.run({ mapping, chunkSize: 1 })
    assert.strictEqual(broken.files[0]?.state, "failed")
    const resumed = yield* Pipeline.run({ mapping, chunkSize: 1 })
    assert.deepInclude(resumed, { runId: broken.runId, attempt: 2 })
    assert.deepInclude(resumed.totals, { read: 2, inserted: 2 })
  }).pipe(
    Effect.provide([
      Testing.layerSource({ "1.csv": csv }, { uri: "s3://bucket/exports", failAt: { "1.csv": csv.indexOf("bo@") } }),
      Testing.layerGeo({}),
      Testing.layerRepo,
    ]),
  ),
)

it.effect("users are loaded while the service is down, and located when it answers again", () =>
  Effect.gen(function* () {
    const { addresses, totals } = yield* Pipeline.run({ mapping })
    assert.deepInclude(totals, { inserted: 2 })
    assert.deepInclude(addresses, { waiting: 1 })
    yield* Locating.run()
    assert.deepStrictEqual(yield* cities, [
      ["ada@example.com", "London"],
      ["bo@example.com", undefined],
    ])
  }).pipe(
    Effect.provide([
      Testing.layerSource({ "1.csv": csv }),
      Testing.layerGeo({ "81.2.69.142": { city: "London" } }, { failWith: down, failures: 1 }),
      Testing.layerRepo,
    ]),
  ),
)
