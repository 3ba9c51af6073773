#!/usr/bin/env -S node --max-semi-space-size=8 --heap-growing-percent=60
import { enableCompileCache } from "node:module"
import { loadDotEnv } from "./dotEnv.ts"

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

// What is compiled is kept for the next start, in Node's folder for that: so all else is imported after this.
enableCompileCache()
const [{ runMain }, { program }] = await Promise.all([
  import("@effect/platform-node/NodeRuntime"),
  import("./program.ts"),
])

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

runMain(program(process.argv.slice(2), dotEnv))
