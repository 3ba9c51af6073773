import { assert, it } from "@effect/vitest"
import { Effect, Layer, Ref } from "effect"
import { ColumnMapping, Pipeline } from "user-activity-etl"
import * as Testing from "user-activity-etl/testing"

// A fake S3, a fake geolocation service, and tables in memory: no network, no database.
const Fakes = Layer.mergeAll(
  Testing.layerSource({ "1.csv": "Mail,IP\nada@example.com,81.2.69.142\n" }, { uri: "s3://em-datasets/user_activity" }),
  Testing.layerGeo({ "81.2.69.142": { city: "London" } }),
  Testing.layerRepo,
)

it.effect("Ada is in London", () =>
  Effect.gen(function* () {
    const mapping = yield* ColumnMapping.parse("our mapping", '{ "Mail": "email", "IP": "ip_address" }')
    yield* Pipeline.run({ mapping })

    const { users } = yield* Testing.Tables
    const ada = (yield* Ref.get(users)).get("ada@example.com")
    assert.strictEqual(ada?.location?.city, "London")
  }).pipe(Effect.provide(Fakes)),
)
