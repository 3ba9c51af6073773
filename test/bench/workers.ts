import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { closeSync, openSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { environment, type PostgresServer } from "../utils/postgres.ts"
import * as ProcessorTime from "./processorTime.ts"
import { query, root } from "./program.ts"

/** Below those that systems give to whoever does not choose. */
const firstPort = 24_431

/** Longer than the engine takes to see that another worker has come. */
const settled = 5
const patience = 60
/** Longer than a worker takes to leave. */
const leaving = "30 seconds"

/** The shards of each worker: it has a lock on each. */
const shardsOf = (server: PostgresServer, database: string) =>
  Effect.map(
    query(
      server,
      database,
      `select count(*)::int as shards from pg_locks where locktype = 'advisory' and granted and objsubid = 2
        and database = (select oid from pg_database where datname = current_database()) group by pid order by 1`,
    ),
    (rows) => rows.map(({ shards }) => Number(shards)),
  )

/** Whether the workers have divided the shards among them, waited for. */
const awaitShards = Effect.fnUntraced(function* (server: PostgresServer, database: string, count: number) {
  let before = ""
  let same = 0
  for (let second = 0; second < patience; second++) {
    const shards = yield* shardsOf(server, database)
    same = shards.join() === before ? same + 1 : 0
    before = shards.join()
    if (shards.length === count && same >= settled) return true
    yield* Effect.sleep("1 second")
  }
  return false
})

/** A process that writes to a file what it says; ended when the scope closes. */
const spawnWorker = Effect.fnUntraced(function* (args: ReadonlyArray<string>, env: NodeJS.ProcessEnv, output: string) {
  const { child } = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const file = openSync(output, "w")
      const child = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", file, file] })
      closeSync(file)
      return { child, ended: once(child, "exit") }
    }),
    ({ child, ended }) =>
      Effect.promise(() => {
        child.kill("SIGTERM")
        return ended
      }).pipe(
        Effect.timeoutOrElse({
          duration: leaving,
          orElse: () => Effect.sync(() => child.kill("SIGKILL")),
        }),
      ),
  )
  return child.pid!
})

export interface WorkersOptions {
  readonly server: PostgresServer
  readonly database: string
  /** Where they write what they say. */
  readonly directory: string
  readonly count: number
  /** Node's arguments. */
  readonly args: (port: number) => ReadonlyArray<string>
}

/** Starts workers, each a process of its own, and waits until there is nothing left for them to do; ended with the scope. */
export const start = Effect.fnUntraced(function* ({ args, count, database, directory, server }: WorkersOptions) {
  const workers = yield* Effect.forEach(
    Array(count).keys(),
    Effect.fnUntraced(function* (index) {
      const output = join(directory, `worker-${index}.txt`)
      const env = { PATH: process.env["PATH"], ...environment(server, database) }
      return { output, pid: yield* spawnWorker(args(firstPort + 2 * index), env, output) }
    }),
  )
  const outputs = Effect.sync(() => workers.map(({ output }) => readFileSync(output, "utf8")))
  if (!(yield* awaitShards(server, database, count))) {
    return yield* Effect.die(new Error(`${count} workers have not divided the shards:\n${(yield* outputs).join("\n")}`))
  }
  return {
    /** Seconds that all of them have taken so far. */
    processorSeconds: Effect.sync(() => workers.reduce((sum, { pid }) => sum + ProcessorTime.ofProcess(pid), 0)),
    /** The most resident memory of any of them so far, in MiB. */
    memory: Effect.sync(() => Math.max(...workers.map(({ pid }) => ProcessorTime.mostMemory(pid)))),
    /** What each has said so far. */
    outputs,
  }
})
