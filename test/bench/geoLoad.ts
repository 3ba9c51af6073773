import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { userActivity } from "../fixtures/UserActivity.ts"
import { clientLayer, environment, freshDatabaseOn, type PostgresServer, startPostgres } from "../utils/postgres.ts"

const root = join(import.meta.dirname, "../..")
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
/** Node's flags and the program, as `npm run etl` runs it. */
const etlArguments: ReadonlyArray<string> = String(scripts.etl).split(" ").slice(1)

type Locator = "none" | "mmdb"

const temporaryDirectory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "user-activity-etl-bench-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
)

/** Runs the program in a process of its own; dies, with what it said, unless it ends with 0. */
const etl = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>>) =>
  Effect.callback<void>((resume) => {
    const child = spawn(process.execPath, [...etlArguments, ...args], {
      cwd: root,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    })
    let output = ""
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text
      })
    }
    child.once("error", (error) => resume(Effect.die(error)))
    child.once("close", (code) =>
      resume(code === 0 ? Effect.void : Effect.die(new Error(`etl ended ${code}: ${output}`))),
    )
    return Effect.sync(() => child.kill("SIGKILL"))
  })

const query = (server: PostgresServer, database: string, statement: string) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    return yield* sql.unsafe<Record<string, unknown>>(statement)
  }).pipe(Effect.provide(clientLayer(server, database)), Effect.scoped)

/** Loads a file into a new database, and tells the seconds from the process's start to its end, and what is stored. */
const load = Effect.fnUntraced(function* (server: PostgresServer, directory: string, file: string, geo: Locator) {
  const database = yield* freshDatabaseOn(server)
  // What the load before has left to write is not for this one to wait for.
  yield* query(server, "postgres", "checkpoint")
  const args = ["--source", file, "--geo", geo, "--logfile", join(directory, "etl.log")]
  const start = performance.now()
  yield* etl(args, environment(server, database))
  const seconds = (performance.now() - start) / 1_000
  const [stored] = yield* query(
    server,
    database,
    "select count(*)::int as users, count(latitude)::int as located from users",
  )
  yield* query(server, "postgres", `drop database ${database}`)
  return { seconds, users: Number(stored!["users"]), located: Number(stored!["located"]) }
})

const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((left, right) => left - right)[values.length >> 1]!

/**
 * Loads the same new users with and without the local database, in turns, each as a whole process into a native server.
 * `pairs` is odd.
 */
export const compareLoads = Effect.fnUntraced(function* (options: {
  readonly users: number
  readonly pairs: number
  readonly seed: number
}) {
  const directory = yield* temporaryDirectory
  const file = join(directory, "users.csv")
  writeFileSync(
    file,
    Buffer.concat([...userActivity({ rows: options.users, users: options.users, seed: options.seed })]),
  )
  const { server } = yield* startPostgres(directory)
  const pairs = yield* Effect.forEach(
    Array(options.pairs).keys(),
    Effect.fnUntraced(function* (index) {
      // Whoever comes second finds warmer caches.
      const order: ReadonlyArray<Locator> = index % 2 === 0 ? ["none", "mmdb"] : ["mmdb", "none"]
      const [first, second] = yield* Effect.forEach(order, (geo) => load(server, directory, file, geo))
      return index % 2 === 0 ? { none: first!, mmdb: second! } : { none: second!, mmdb: first! }
    }),
  )
  return {
    pairs,
    ratio: median(pairs.map(({ none, mmdb }) => mmdb.seconds / none.seconds)),
  }
}, Effect.scoped)
