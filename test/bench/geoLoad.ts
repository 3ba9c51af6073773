import { Effect } from "effect"
import { join } from "node:path"
import { environment, freshDatabaseOn, type PostgresServer, startPostgres } from "../utils/postgres.ts"
import { writeUsers } from "./inputs.ts"
import { etl, median, query, temporaryDirectory } from "./program.ts"

type Locator = "none" | "mmdb"

/** Loads a file into a new database, and tells the seconds from the process's start to its end, and what is stored. */
const load = Effect.fnUntraced(function* (server: PostgresServer, directory: string, file: string, geo: Locator) {
  const database = yield* freshDatabaseOn(server)
  // What the load before has left to write is not for this one to wait for.
  yield* query(server, "postgres", "checkpoint")
  const { seconds } = yield* etl(directory, ["--source", file, "--geo", geo], environment(server, database))
  const [stored] = yield* query(
    server,
    database,
    "select count(*)::int as users, count(latitude)::int as located from users",
  )
  yield* query(server, "postgres", `drop database ${database}`)
  return { seconds, users: Number(stored!["users"]), located: Number(stored!["located"]) }
})

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
  yield* Effect.promise(() => writeUsers(file, options.users, options.seed))
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
