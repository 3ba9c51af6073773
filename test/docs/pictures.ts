// Runs the command `npm run pictures`: loads invented users, and makes README's two pictures of that run.

import { writeFileSync } from "node:fs"
import { join } from "node:path"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { Chromium, chromiumPath } from "../utils/chromium.ts"
import { home, makeHome } from "./pictures/home.ts"
import { photographReport } from "./pictures/report.ts"
import { columns, runInTerminal } from "./pictures/terminal.ts"
import { windowOf } from "./pictures/window.ts"

const docs = join(import.meta.dirname, "../../src/docs")

const pictures = Effect.gen(function* () {
  const root = yield* makeHome
  const args = "--source ./input --geo mmdb"
  const terminal = windowOf(`${home}$ etl ${args}`, columns, yield* runInTerminal(root, args))
  const report = yield* photographReport(root)
  // Both are of one run.
  for (const [name, picture] of Object.entries({ "terminal.svg": terminal, "report.webp": report })) {
    writeFileSync(join(docs, name), picture)
    yield* Console.log(`src/docs/${name}: ${(picture.length / 1_000).toFixed(0)} KB`)
  }
})

const program =
  chromiumPath === undefined
    ? Effect.die("The pictures need Chromium on the PATH, or CHROMIUM=its path.")
    : pictures.pipe(Effect.provide(Chromium.layer), Effect.scoped)

NodeRuntime.runMain(program)
