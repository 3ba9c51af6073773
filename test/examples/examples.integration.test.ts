import { assert, describe, it } from "@effect/vitest"
import { NodeFileSystem } from "@effect/platform-node"
import { ConfigProvider, Effect, Layer } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Answer, GeoLocator } from "../../src/index.ts"
import { makeMmdb } from "../utils/mmdb.ts"
import { environment, freshDatabase, sharedPostgres, temporaryDirectory } from "../utils/postgres.ts"
import { loadOffice } from "./embedding.ts"
import { locators } from "./locators.ts"
import { ip, ips } from "../utils/addresses.ts"

describe("the examples of README", () => {
  it.each(["embedding.ts", "locators.ts", "fakes.test.ts"])("README has %s as it is compiled and run", (name) => {
    const example = readFileSync(join(import.meta.dirname, name), "utf8")
    assert.include(readFileSync("README.md", "utf8"), `\`\`\`ts\n${example}\`\`\`\n`)
  })

  it.live("the pipeline runs embedded in another program, with its own GeoLocator", () =>
    Effect.gen(function* () {
      const env = environment(yield* sharedPostgres, yield* freshDatabase)
      const directory = yield* temporaryDirectory
      writeFileSync(join(directory, "1.csv"), "Mail,IP\nada@example.com,81.2.69.142\nbo@example.com,8.8.8.8\n")
      const totals = yield* loadOffice(directory).pipe(
        Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env })),
      )
      assert.deepInclude(totals, { read: 2, inserted: 2 })
    }).pipe(Effect.scoped),
  )

  it.live("a third provider answers first, then the database and the service for what it does not know", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryDirectory, "places.mmdb")
      const place = { latitude: 51.5, longitude: -0.1, city: "London" }
      writeFileSync(file, makeMmdb({ ipVersion: 4, recordSize: 24, networks: [["81.0.0.0/8", place]] }))
      yield* Effect.gen(function* () {
        const { name, instant, service } = yield* GeoLocator
        assert.strictEqual(name, "ours,mmdb,ip-api")
        assert.strictEqual(service?.provider, "ip-api")
        const answers = yield* instant!(ips("81.2.69.142", "81.3.1.1", "8.8.8.8"))
        assert.deepStrictEqual(answers.get(ip("81.2.69.142")), Answer.unlocatable("our network"))
        assert.deepNestedInclude(answers.get(ip("81.3.1.1")), { "location.city": "London" })
        assert.deepStrictEqual(answers.get(ip("8.8.8.8")), Answer.notNow)
      }).pipe(Effect.provide(locators([file]).pipe(Layer.provide(NodeFileSystem.layer))))
    }).pipe(Effect.scoped),
  )
})
