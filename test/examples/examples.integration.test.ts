import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Logger } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { directoryOf } from "../utils/etl.ts"
import { freshDatabase, sharedPostgres } from "../utils/postgres.ts"
import { runExamples } from "./program.ts"

describe("the examples of README", () => {
  it.each(["folder.ts", "own.ts", "own.test.ts", "fakes.test.ts", "pieces.ts"])(
    "README has %s as it is compiled and run",
    (name) => {
      const example = readFileSync(join(import.meta.dirname, name), "utf8")
      assert.include(readFileSync("README.md", "utf8"), `\`\`\`ts\n${example}\`\`\`\n`)
    },
  )

  it.live("do what they show", () =>
    Effect.gen(function* () {
      const { host, password, port, username } = yield* sharedPostgres
      const url = `postgres://${username}:${password}@${host}:${port}/${yield* freshDatabase}`
      const directory = yield* directoryOf({
        "1.csv": "Mail,Name,IP,Seen\nada@example.com,Ada,81.2.69.142,2024-02-29\n",
        "2.csv": "Mail,Name,IP,Seen\nbo@example.com,Bo,,\n",
      })
      yield* runExamples(directory).pipe(
        Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env: { DATABASE_URL: url } })),
      )
    }).pipe(Effect.provide(Logger.layer([])), Effect.scoped),
  )
})
