import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Logger } from "effect"
import { globSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { directoryOf } from "../utils/etl.ts"
import { freshFolder } from "../utils/embedded.ts"
import { freshDatabase, sharedPostgres } from "../utils/postgres.ts"
import { runExamples } from "./program.ts"
import { load } from "./readme.ts"

const root = join(import.meta.dirname, "../..")

/** The examples by name, as they are compiled and run. */
const examples = new Map(
  globSync("*.ts", { cwd: import.meta.dirname })
    .filter((name) => !["program.ts", basename(import.meta.filename)].includes(name))
    .map((name) => [name, readFileSync(join(import.meta.dirname, name), "utf8")]),
)

/** The ```ts blocks of the pages for people. */
const blocks = ["README.md", ...globSync("src/docs/*.md", { cwd: root })].flatMap((page) => {
  const text = readFileSync(join(root, page), "utf8")
  return Array.from(text.matchAll(/^```ts\n(.*?)^```$/gms), ([, code]) => ({
    page,
    code: code!,
    first: code!.split("\n", 1)[0],
  }))
})

/** Whether the code is lines of the example. */
const isWithin = (code: string, example: string): boolean => `\n${example}`.includes(`\n${code}`)

describe("the examples of the pages", () => {
  it.each(blocks)("$page: $first", ({ code }) => {
    assert.isTrue([...examples.values()].some((example) => isWithin(code, example)))
  })

  it("are all shown, that of README as a whole and in 25 lines", () => {
    for (const [name, example] of examples) {
      assert.isTrue(
        blocks.some(({ code }) => isWithin(code, example)),
        name,
      )
    }
    const readme = examples.get("readme.ts")!
    assert.isTrue(blocks.some(({ code, page }) => page === "README.md" && code === readme))
    assert.isAtMost(readme.trimEnd().split("\n").length, 25)
  })

  it.live("do what they show", () =>
    Effect.gen(function* () {
      const { host, password, port, username } = yield* sharedPostgres
      const url = `postgres://${username}:${password}@${host}:${port}/${yield* freshDatabase}`
      const directory = yield* directoryOf({
        "1.csv": "Mail,Name,IP,Seen\nada@example.com,Ada,81.2.69.142,2024-02-29\n",
        "2.csv": "Mail,Name,IP,Seen\nbo@example.com,Bo,,\n",
      })
      yield* runExamples(directory).pipe(
        Effect.provideService(
          ConfigProvider.ConfigProvider,
          ConfigProvider.fromEnv({ env: { DATABASE_URL: url } }),
        ),
      )
      const { addresses, totals } = yield* load(directory, yield* freshFolder)
      assert.strictEqual(totals.inserted, 2)
      assert.strictEqual(addresses.local, 1)
    }).pipe(Effect.provide(Logger.layer([])), Effect.scoped),
  )
})
