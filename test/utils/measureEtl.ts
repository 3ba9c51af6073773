// Runs the command in a child process, and measures its memory.

import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Readable } from "node:stream"
import { fileURLToPath } from "node:url"
import { bin, compileCache } from "./command.ts"
import { temporaryDirectory } from "./postgres.ts"

const usage = fileURLToPath(import.meta.resolve("../bench/usage.ts"))

/** The flags of the published command. */
const memoryFlags = ["--max-semi-space-size=4", "--heap-growing-percent=150"]

/** Runs the command, and measures its peak resident memory. `read` consumes its stdout. */
export const measureEtl = Effect.fnUntraced(function* (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>,
  read: (stdout: Readable) => void,
) {
  const directory = yield* temporaryDirectory
  const usageFile = join(directory, "usage.json")
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [...memoryFlags, "--import", usage, bin(), ...args], {
        cwd: directory,
        env: { ...env, USAGE_FILE: usageFile, NODE_COMPILE_CACHE: compileCache() },
        stdio: ["ignore", "pipe", "pipe"],
      }),
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL")),
  )
  read(child.stdout)
  let stderr = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
  const [code] = yield* Effect.promise(() => once(child, "close"))
  return { code, stderr, mebibytes: JSON.parse(readFileSync(usageFile, "utf8")).maxRSS / 1024 }
})
