#!/usr/bin/env -S node --max-semi-space-size=8 --heap-growing-percent=60
import { readFileSync } from "node:fs"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Schema } from "effect"
import * as Cli from "./Cli.ts"
import { DotEnv } from "./commands/origin.ts"
import { loadDotEnv } from "./dotEnv.ts"
import * as Main from "./Main.ts"

// First of all: the AWS SDK reads the environment by itself. Variables that are set win.
const loadDotEnvOrExit = () => {
  try {
    return loadDotEnv(".env")
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    process.exit(2)
  }
}
const dotEnv = loadDotEnvOrExit()

const { version } = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Struct({ version: Schema.String })))(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
)

// Nobody reads any more, or the disk under the output is full: the work goes on, as with the log.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {})

// The first signal ends the work in an orderly way; a second one does not wait for that.
let firstSignal: number | undefined
const onSignal = () => {
  firstSignal ??= performance.now()
  // npm passes on what the terminal has sent already.
  if (performance.now() - firstSignal > 500) process.exit(130)
}
process.on("SIGINT", onSignal).on("SIGTERM", onSignal)

Cli.execute(Main, version, process.argv.slice(2)).pipe(
  Effect.provideService(DotEnv, dotEnv),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain,
)
