#!/usr/bin/env -S node --max-semi-space-size=4
import { readFileSync } from "node:fs"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Schema } from "effect"
import * as Cli from "./Cli.ts"
import * as Main from "./Main.ts"

try {
  // First of all: the AWS SDK reads the environment by itself. Variables that are set win.
  process.loadEnvFile()
} catch {
  // There is no .env.
}

const { version } = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Struct({ version: Schema.String })))(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
)

Cli.execute(Main, version, process.argv.slice(2)).pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)
