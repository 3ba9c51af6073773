// Starts the command on a Node that can run it: the compile cache, .env, signals and closed pipes come before Effect.

import { useCompileCache } from "./compileCache.ts"
import { loadDotEnv } from "./dotEnv.ts"

// Before .env is read, which must not choose the folder of compiled code, and before anything else is imported.
useCompileCache()

// Before the AWS SDK is imported, which reads the environment itself.
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

// The reader of the output has exited, or its disk is full: the run continues, as without the log. An incomplete result
// is reported, and never exits 0.
process.stderr.on("error", () => {})
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") return
  console.error(`The result could not be written to stdout (${error.code}): it is incomplete.`)
  process.on("exit", (code) => {
    if (code === 0) process.exitCode = 2
  })
})

// The first signal stops the command in order; a second one stops it at once.
let firstSignal: number | undefined
const onSignal = () => {
  firstSignal ??= performance.now()
  // npm repeats the signal that the terminal has already sent to this process.
  if (performance.now() - firstSignal > 500) process.exit(130)
}
process.on("SIGINT", onSignal).on("SIGTERM", onSignal)

runMain(program(process.argv.slice(2), dotEnv))
