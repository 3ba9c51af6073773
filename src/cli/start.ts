// Starts the command on a Node that can run it: the compile cache, .env, signals and closed pipes come before Effect.

import { useCompileCache } from "./compileCache.ts"
import { loadDotEnv } from "./dotEnv.ts"

// Before .env is read, which must not say where compiled code is, and before all else is imported.
useCompileCache()

// Before the AWS SDK is imported, which reads the environment by itself. Variables that are set win.
const loadDotEnvOrExit = () => {
  try {
    return loadDotEnv(".env")
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    process.exit(2)
  }
}
const dotEnv = loadDotEnvOrExit()

const [{ runMain }, { program }] = await Promise.all([
  import("@effect/platform-node/NodeRuntime"),
  import("./program.ts"),
])

// Nobody reads any more, or the disk under the output is full: the work goes on, as with the log. What is lost of the
// result is told, and no success.
process.stderr.on("error", () => {})
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") return
  console.error(`The result could not be written to stdout (${error.code}): it is incomplete.`)
  process.on("exit", (code) => {
    if (code === 0) process.exitCode = 2
  })
})

// The first signal ends the work in an orderly way; a second one does not wait for that.
let firstSignal: number | undefined
const onSignal = () => {
  firstSignal ??= performance.now()
  // npm passes on what the terminal has sent already.
  if (performance.now() - firstSignal > 500) process.exit(130)
}
process.on("SIGINT", onSignal).on("SIGTERM", onSignal)

runMain(program(process.argv.slice(2), dotEnv))
