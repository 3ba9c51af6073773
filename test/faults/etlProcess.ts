import { Effect } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { bin, compileCache } from "../utils/command.ts"

const killAt = fileURLToPath(import.meta.resolve("./killAt.ts"))

export interface EtlOptions {
  readonly args: ReadonlyArray<string>
  readonly cwd: string
  /** All of its environment, but for what Node itself is told. */
  readonly env: Readonly<Record<string, string>>
  /** The point where it ends itself: see `killAt.ts`. */
  readonly at?: string | undefined
  /** When it is killed from outside, unless it has ended by itself. */
  readonly afterMillis?: number | undefined
  readonly onStart?: (pid: number) => void
  /** How long it may take at all. */
  readonly patienceMillis?: number | undefined
}

export interface Ended {
  /** null when a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
  readonly milliseconds: number
}

/** Runs the program, unmodified, in a process of its own until it has ended. */
export const runEtl = ({ args, cwd, env, at, afterMillis, onStart, patienceMillis = 300_000 }: EtlOptions) =>
  Effect.callback<Ended>((resume) => {
    const start = performance.now()
    const child = spawn(process.execPath, [...(at === undefined ? [] : ["--import", killAt]), bin(), ...args], {
      cwd,
      env: {
        NODE_COMPILE_CACHE: compileCache(),
        ...(at === undefined ? {} : { KILL_AT: at }),
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    })
    if (child.pid !== undefined) onStart?.(child.pid)
    let output = ""
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text
      })
    }
    const kill = () => child.kill("SIGKILL")
    const timer = setTimeout(kill, afterMillis ?? patienceMillis)
    child.once("error", (error) => resume(Effect.die(error)))
    child.once("close", (code, signal) => {
      clearTimeout(timer)
      resume(Effect.succeed({ code, signal, output, milliseconds: performance.now() - start }))
    })
    return Effect.callback<void>((done) => {
      child.once("close", () => done(Effect.void))
      clearTimeout(timer)
      if (!kill()) done(Effect.void)
    })
  })
