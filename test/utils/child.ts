// A child process that runs a TypeScript file, and whose lines a test waits for.

import { Effect } from "effect"
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { compileCache } from "./command.ts"

const unshare = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"] as const

const isPermitted = spawnSync(unshare[0], [...unshare.slice(1), "true"]).status === 0

/** The words before a command that runs it in its own PID namespace, as in a container; empty where not permitted. */
export const ownNamespace: ReadonlyArray<string> = isPermitted ? unshare : []

/**
 * A process of this Node that runs a TypeScript file; killed, if it still runs, when the scope closes. `within`: the
 * words before its command.
 */
export const spawnNode = Effect.fnUntraced(function* (
  file: string,
  args: ReadonlyArray<string>,
  within: ReadonlyArray<string> = [],
) {
  const [command, ...rest] = [...within, process.execPath, file, ...args] as [string, ...Array<string>]
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(command, rest, {
        env: { ...process.env, NODE_COMPILE_CACHE: compileCache() },
        stdio: ["pipe", "pipe", "inherit"],
      }),
    ),
    (child) =>
      Effect.promise(async () => {
        if (child.exitCode !== null || child.signalCode !== null) return
        child.kill("SIGKILL")
        await once(child, "exit")
      }),
  )
  const exited = once(child, "exit").then(([code, signal]) => (code ?? signal) as number | string)
  const lines: Array<string> = []
  const waiting = new Set<() => void>()
  const wake = (): void => {
    for (const check of waiting) check()
  }
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line)
    wake()
  })
  void exited.then(wake)

  return {
    pid: child.pid!,
    lines: lines as ReadonlyArray<string>,
    /** Waits for the first line that is accepted. Dies when the process ends without one. */
    line: (accepts: (line: string) => boolean) =>
      Effect.callback<string>((resume) => {
        const check = (): void => {
          const line = lines.find(accepts)
          if (line === undefined && child.exitCode === null && child.signalCode === null) return
          waiting.delete(check)
          resume(line === undefined ? Effect.die(new Error(`ended after:\n${lines.join("\n")}`)) : Effect.succeed(line))
        }
        waiting.add(check)
        check()
      }),
    kill: (signal: NodeJS.Signals) =>
      Effect.promise(() => {
        child.kill(signal)
        return exited
      }),
    write: (line: string) => Effect.sync(() => child.stdin.write(`${line}\n`)),
    endInput: Effect.sync(() => child.stdin.end()),
    /** The exit code, or the signal that ended it. */
    exited: Effect.promise(() => exited),
  }
})
