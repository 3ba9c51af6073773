// Tests of a program that loads from S3 and locates by a service, both of which fail in the middle.

import { assert, it } from "@effect/vitest"
import { Effect, Ref } from "effect"
import { TestClock } from "effect/testing"
import { ColumnMapping, GeoLocatorError, Locating, Pipeline } from "user-activity-etl"
import * as Testing from "user-activity-etl/testing"

const mapping = ColumnMapping.make({ Mail: "email", IP: "ip_address" })
const csv = "Mail,IP\nada@example.com,81.2.69.142\nbo@example.com,10.0.0.1\n"
const bucket = Testing.layerSource({ "1.csv": csv })
const london = { "81.2.69.142": { city: "London" } }

const cities = Effect.gen(function* () {
  const { users } = yield* Testing.Tables
  const stored = [...(yield* Ref.get(users)).values()]
  return stored.map(({ location, user }) => [user.email, location?.city ?? null])
})

it.effect("a file that breaks off is loaded to its end by the next run, each record once", () => {
  const failAt = { "1.csv": csv.indexOf("bo@") }
  const breaking = Testing.layerSource({ "1.csv": csv }, { uri: "s3://exports/2026", failAt })
  return Effect.gen(function* () {
    const broken = yield* Pipeline.run({ mapping, chunkSize: 1 })
    assert.strictEqual(broken.files[0]?.state, "failed")
    const resumed = yield* Pipeline.run({ mapping, chunkSize: 1 })
    assert.deepInclude(resumed, { runId: broken.runId, attempt: 2 })
    assert.deepInclude(resumed.totals, { read: 2, inserted: 2 })
  }).pipe(Effect.provide([breaking, Testing.layerGeo({}), Testing.layerRepo]))
})

it.effect("users are loaded while the service is down, and located when it answers again", () => {
  const failWith = new GeoLocatorError({ provider: "fake", message: "down", retryable: true })
  const service = Testing.layerGeo(london, { failWith, failures: 1 })
  return Effect.gen(function* () {
    const { addresses, totals } = yield* Pipeline.run({ mapping })
    assert.deepInclude(totals, { inserted: 2 })
    assert.deepInclude(addresses, { waiting: 1 })
    yield* Locating.run()
    const located = [
      ["ada@example.com", "London"],
      ["bo@example.com", null],
    ]
    assert.deepStrictEqual(yield* cities, located)
  }).pipe(Effect.provide([bucket, service, Testing.layerRepo]))
})

it.effect("a run waits no longer for the service than it may", () => {
  const slow = Testing.layerGeo(london, { delay: "1 hour" })
  // The run reads real bytes: time must pass until it ends, not once.
  const time = Effect.forever(TestClock.adjust("1 minute"))
  return Effect.gen(function* () {
    const run = Pipeline.run({ mapping, locateFor: "10 minutes" })
    const { addresses, locatingError } = yield* Effect.raceFirst(run, time)
    assert.deepInclude(addresses, { waiting: 1 })
    assert.strictEqual(locatingError, "its time is up")
  }).pipe(Effect.provide([bucket, slow, Testing.layerRepo]))
})
