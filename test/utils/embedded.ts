// Folders of embedded databases for tests.

import { Effect, Layer } from "effect"
import { cpSync, existsSync, mkdirSync, renameSync } from "node:fs"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { inject } from "vitest"
import * as PgEmbedded from "../../src/database/PgEmbedded.ts"
import { temporaryDirectory } from "./postgres.ts"

/** An empty embedded database, built by the first test of a run that needs one: that takes seconds, a copy does not. */
const template = Effect.gen(function* () {
  const path = join(inject("runDirectory"), "pgdata")
  const building = `${path}-building`
  const isBuilder = !existsSync(path) && mkdirSync(building, { recursive: true }) !== undefined
  if (isBuilder) {
    yield* Effect.scoped(Layer.build(PgEmbedded.layer({ directory: join(building, "pgdata") })))
    renameSync(join(building, "pgdata"), path)
  }
  // A test clock does not stop this timer.
  while (!existsSync(path)) yield* Effect.promise(() => setTimeout(50))
  return path
})

/** The folder of a new, empty, closed embedded database; removed when the scope closes. */
export const freshFolder = Effect.gen(function* () {
  const directory = yield* temporaryDirectory
  const folder = join(directory, "pgdata")
  cpSync(yield* template, folder, { recursive: true })
  return folder
})
