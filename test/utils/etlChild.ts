// Runs the command in a child process.

import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { bin, compileCache } from "./command.ts"

/** Its environment is `env` alone. `input`: `pipe` keeps its standard input open, else it has none. The process is killed, if it still runs, when the scope closes. */
export const spawnEtl = Effect.fnUntraced(function* (
  args: ReadonlyArray<string>,
  {
    cwd,
    env,
    input = "ignore",
  }: { readonly cwd: string; readonly env: Readonly<Record<string, string>>; readonly input?: "pipe" | "ignore" },
) {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [bin(), ...args], {
        cwd,
        env: { NODE_COMPILE_CACHE: compileCache(), ...env },
        stdio: [input, "pipe", "pipe"],
      }),
    ),
    (child) =>
      Effect.promise(async () => {
        if (child.exitCode !== null || child.signalCode !== null) return
        child.kill("SIGKILL")
        await once(child, "exit")
      }),
  )
  const closed = once(child, "close").then(([code, signal]) => (code ?? signal) as number | string)
  const output = { stdout: "", stderr: "" }
  const waiting = new Set<() => void>()
  for (const name of ["stdout", "stderr"] as const) {
    child[name]!.setEncoding("utf8").on("data", (text: string) => {
      output[name] += text
      for (const check of waiting) check()
    })
  }
  void closed.then(() => {
    for (const check of waiting) check()
  })

  return {
    pid: child.pid!,
    output: output as Readonly<typeof output>,
    /** Waits until stderr matches. Dies when the process ends without a match. */
    says: (what: RegExp) =>
      Effect.callback<void>((resume) => {
        const check = (): void => {
          const isSaid = what.test(output.stderr)
          if (!isSaid && child.exitCode === null && child.signalCode === null) return
          waiting.delete(check)
          resume(isSaid ? Effect.void : Effect.die(new Error(`ended without ${what}:\n${output.stderr}`)))
        }
        waiting.add(check)
        check()
      }),
    /** Writes to its standard input, which stays open. */
    write: (text: string) =>
      Effect.sync(() => {
        // It may be killed before it has read all.
        child.stdin!.on("error", () => {}).write(text)
      }),
    signal: (signal: NodeJS.Signals) => Effect.sync(() => child.kill(signal)),
    /** The exit code, or the signal that ended it. */
    ended: Effect.promise(() => closed),
  }
})
