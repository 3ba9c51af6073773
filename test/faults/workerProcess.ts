import { assert } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { temporaryDirectory } from "../utils/postgres.ts"
import { consecutivePorts } from "../utils/tcp.ts"
import { type Ended, type EtlOptions, runEtl } from "./etlProcess.ts"

/** Longer than any test. */
const patienceMillis = 1_800_000

export interface WorkerOptions extends Pick<EtlOptions, "env" | "at"> {
  readonly flags: ReadonlyArray<string>
}

/** A worker in a process of its own, at the same port however often it starts; killed when the scope closes. */
export const makeWorker = Effect.fnUntraced(function* ({ at, env, flags }: WorkerOptions) {
  const scope = yield* Effect.scope
  const cwd = yield* temporaryDirectory
  const port = yield* consecutivePorts
  const args = ["worker", "--port", String(port), ...flags]
  let pid = 0
  let running: Fiber.Fiber<Ended> | undefined

  const signal = (name: NodeJS.Signals) => Effect.sync(() => void process.kill(pid, name))

  return {
    port,
    start: Effect.gen(function* () {
      const onStart = (started: number) => (pid = started)
      const etl = runEtl({ args, cwd, env, at, onStart, patienceMillis })
      running = yield* Effect.forkIn(etl, scope, { startImmediately: true })
    }),
    /** It must have run until then. */
    kill: Effect.gen(function* () {
      yield* signal("SIGKILL")
      const ended = yield* Fiber.join(running!)
      running = undefined
      assert.strictEqual(ended.signal, "SIGKILL", `the worker at ${port} has ended by itself (${ended.code})`)
    }),
    stop: signal("SIGSTOP"),
    goOn: signal("SIGCONT"),
    hasEnded: () => running?.pollUnsafe() !== undefined,
    isStopped: () => /^State:\tT/m.test(readFileSync(`/proc/${pid}/status`, "utf8")),
    /** What it has told, however often it was started. */
    log: () => {
      const file = join(cwd, "etl.log")
      const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : []
      return lines.filter((line) => !line.includes('"level":"DEBUG"')).join("\n")
    },
  }
})
export type WorkerProcess = Effect.Success<ReturnType<typeof makeWorker>>
