import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"

/** A process of this Node that runs a TypeScript file; killed, if it still runs, when the scope closes. */
export const spawnNode = Effect.fnUntraced(function* (file: string, args: ReadonlyArray<string>) {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, [file, ...args], { stdio: ["pipe", "pipe", "inherit"] })),
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
    /** The first line that is accepted, waited for. Dies when the process ends without one. */
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
    endInput: Effect.sync(() => child.stdin.end()),
    /** The exit code, or the signal that ended it. */
    exited: Effect.promise(() => exited),
  }
})
