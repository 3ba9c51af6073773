import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { environment, freshDatabase, sharedPostgres, temporaryDirectory } from "../utils/postgres.ts"
import { loadOffice } from "./embedding.ts"

describe("the examples of README", () => {
  it.each(["embedding.ts", "fakes.test.ts"])("%s stands in README as it is compiled and run", (name) => {
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
})
