import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { clientLayer, type PostgresServer } from "../utils/postgres.ts"

export const root = join(import.meta.dirname, "../..")

/** The program of a checkout, as `npm run emit` makes it to be published. */
export const publishedIn = (checkout: string): string => join(checkout, "dist/bin.js")

/** Node's flags, which the program's first line has, and the program. */
const argumentsOf = (program: string): ReadonlyArray<string> => {
  const [, ...flags] = /^#!.*\bnode\b.*$/m.exec(readFileSync(program, "utf8"))![0].split(/ (?=--)/)
  return [...flags, program]
}

export const etlArguments = (): ReadonlyArray<string> => argumentsOf(publishedIn(root))

export const temporaryDirectory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "user-activity-etl-bench-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
)

/** Runs a program in a process of its own; dies, with what it said, unless it ends with one of the codes. Gives seconds. */
export const timed = (
  command: string,
  args: ReadonlyArray<string>,
  {
    codes = [0],
    ...options
  }: { readonly env: NodeJS.ProcessEnv; readonly cwd?: string; readonly codes?: ReadonlyArray<number> },
) =>
  Effect.callback<number>((resume) => {
    const start = performance.now()
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] })
    let output = ""
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text
      })
    }
    child.once("error", (error) => resume(Effect.die(error)))
    child.once("close", (code) => {
      const seconds = (performance.now() - start) / 1_000
      resume(
        codes.includes(code ?? -1)
          ? Effect.succeed(seconds)
          : Effect.die(new Error(`${command} ${args.join(" ")} ended ${code}: ${output.slice(-1_000)}`)),
      )
    })
    return Effect.sync(() => child.kill("SIGKILL"))
  })

export interface EtlRun {
  /** From the process's start to its end. */
  readonly seconds: number
  /** Processor time of the process. */
  readonly processorSeconds: number
  /** The most resident memory, in MiB. */
  readonly memory: number
}

/** Runs a program that is built, and tells what it took. `directory`: where its log goes. */
export const etl = Effect.fnUntraced(function* (
  directory: string,
  args: ReadonlyArray<string>,
  env: NodeJS.ProcessEnv,
  codes: ReadonlyArray<number> = [0],
  program = publishedIn(root),
): Effect.fn.Return<EtlRun> {
  const usageFile = join(directory, "usage.json")
  const seconds = yield* timed(
    process.execPath,
    [
      "--import",
      join(import.meta.dirname, "usage.ts"),
      ...argumentsOf(program),
      ...args,
      "--logfile",
      join(directory, "etl.log"),
    ],
    { cwd: root, env: { ...env, USAGE_FILE: usageFile }, codes },
  )
  const { maxRSS, systemCPUTime, userCPUTime } = JSON.parse(readFileSync(usageFile, "utf8"))
  return { seconds, processorSeconds: (userCPUTime + systemCPUTime) / 1e6, memory: maxRSS / 1024 }
})

export const query = (server: PostgresServer, database: string, statement: string) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    return yield* sql.unsafe<Record<string, unknown>>(statement)
  }).pipe(Effect.provide(clientLayer(server, database)), Effect.scoped)

/** Of an odd number of values. */
export const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((left, right) => left - right)[values.length >> 1]!

export const verdict = (isMet: boolean): string => (isMet ? "met" : "MISSED")
