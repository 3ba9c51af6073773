import { Effect } from "effect"
import { join } from "node:path"
import { environment, freshDatabaseOn, type PostgresServer } from "../utils/postgres.ts"
import * as ProcessorTime from "./processorTime.ts"
import { etl, etlArguments, median, query, verdict } from "./program.ts"
import * as Workers from "./workers.ts"

export interface Setting {
  readonly server: PostgresServer
  readonly directory: string
}

/** Times are in seconds, and processor time but for `seconds`. */
interface Load {
  readonly seconds: number
  /** Of `etl run`, from its start to its end. */
  readonly command: number
  /** Of the workers, from when the run is handed over. */
  readonly workers: number
  readonly server: number
  /** Of the largest process that loads, in MiB. */
  readonly memory: number
  readonly users: number
}

/** Loads by the same workers, one after the other. */
interface Way {
  readonly loads: ReadonlyArray<Load>
  /** Processor time of the workers, until they had nothing to do but to wait for a run. */
  readonly start: number
  /** The same for equal users. Where an equal record was read twice, either may be kept. */
  readonly digest: string
}

const concurrency = 2

/** A database with the tables. */
export const newDatabase = Effect.fnUntraced(function* ({ directory, server }: Setting) {
  const database = yield* freshDatabaseOn(server)
  yield* etl(directory, ["init"], environment(server, database))
  return database
})

const countUsers = (server: PostgresServer, database: string) =>
  Effect.map(query(server, database, "select count(*)::int as users from users"), ([row]) => Number(row!["users"]))

const digestOf = (server: PostgresServer, database: string) =>
  Effect.map(
    query(
      server,
      database,
      `select sum(hash_record_extended(row (email, first_name, last_name, gender, ip_address, created_at, updated_at, password,
        status, source_id, updated), 0))::text as digest from users`,
    ),
    ([row]) => String(row!["digest"]),
  )

/** `count`: workers; 0: `etl run` loads by itself. */
const goThrough = Effect.fnUntraced(function* (setting: Setting, sources: ReadonlyArray<string>, count: number) {
  const { directory, server } = setting
  const database = yield* newDatabase(setting)
  const ownFlags = ["--geo", "none", "--concurrency", String(concurrency)]
  const workers = yield* Workers.start({
    server,
    database,
    directory,
    count,
    args: (port) => [
      ...etlArguments(),
      "worker",
      "--port",
      String(port),
      "--logfile",
      join(directory, `worker-${port}.log`),
      ...ownFlags,
    ],
  })
  const start = yield* workers.processorSeconds
  const load = Effect.fnUntraced(function* (source: string) {
    // What others have left to write is not for this one to wait for.
    yield* query(server, "postgres", "checkpoint")
    const usersBefore = yield* countUsers(server, database)
    const before = yield* workers.processorSeconds
    const serverBefore = ProcessorTime.ofServer(server)
    const run = yield* etl(
      directory,
      ["--source", source, "--chunksize", "1000", ...(count === 0 ? ownFlags : ["--cluster"])],
      environment(server, database),
    )
    const loaded: Load = {
      seconds: run.seconds,
      command: run.processorSeconds,
      workers: (yield* workers.processorSeconds) - before,
      server: ProcessorTime.ofServer(server) - serverBefore,
      memory: count === 0 ? run.memory : yield* workers.memory,
      users: (yield* countUsers(server, database)) - usersBefore,
    }
    return loaded
  })
  const loads = yield* Effect.forEach(sources, load)
  const way: Way = { loads, start, digest: yield* digestOf(server, database) }
  return { database, way }
}, Effect.scoped)

/** All ways, each into a new database; whoever comes later finds warmer caches, or less room. */
const round = Effect.fnUntraced(function* (
  setting: Setting,
  sources: ReadonlyArray<string>,
  counts: ReadonlyArray<number>,
  index: number,
) {
  const order = counts.map((_, place) => counts[(place + index) % counts.length]!)
  const ways = new Map<number, Way>()
  for (const count of order) {
    const { database, way } = yield* goThrough(setting, sources, count)
    yield* query(setting.server, "postgres", `drop database ${database}`)
    ways.set(count, way)
  }
  if (new Set([...ways.values()].map(({ digest }) => digest)).size > 1) {
    return yield* Effect.die(new Error("the users differ"))
  }
  return ways
})

const goal = 1.15

const oursOf = ({ command, workers }: Load): number => command + workers

const line = (rounds: ReadonlyArray<ReadonlyMap<number, Way>>, count: number, number: number): string => {
  const loadsOf = (count: number) => rounds.map((ways) => ways.get(count)!.loads[number]!)
  const [loads, alone] = [loadsOf(count), loadsOf(0)]
  const figure = (of: (load: Load) => number, digits = 1) => median(loads.map(of)).toFixed(digits)
  const perMillion = (of: (load: Load) => number) => `${figure((load) => (of(load) / load.users) * 1e6)} s`
  const ratio = median(loads.map((load, round) => oursOf(load) / oursOf(alone[round]!)))
  return `| ${[
    count === 0 ? "`etl run` alone" : `${count} ${count === 1 ? "worker" : "workers"}`,
    number + 1,
    `${figure(({ seconds }) => seconds)} s`,
    perMillion(oursOf),
    count === 0 ? "" : perMillion(({ command }) => command),
    count === 0 ? "1" : `${ratio.toFixed(2)} (${verdict(ratio <= goal)})`,
    perMillion(({ server }) => server),
    `${figure(({ memory }) => memory, 0)} MiB`,
  ].join(" | ")} |`
}

/**
 * What it costs to let so many workers load the files of directories, one after the other: a table. `rounds` is odd.
 */
export const measure = Effect.fnUntraced(function* (
  setting: Setting,
  sources: ReadonlyArray<string>,
  { counts, rounds }: { readonly counts: ReadonlyArray<number>; readonly rounds: number },
) {
  const all = [0, ...counts]
  const measured = yield* Effect.forEach(Array(rounds).keys(), (index) => round(setting, sources, all, index))
  const starts = measured.flatMap((ways) => counts.map((count) => ways.get(count)!.start / count))
  return [
    `Ours: processor time for a million users of all our processes, from when the run is handed over. What the start of a worker takes, ${median(starts).toFixed(1)} s, is not in it: that happens once. In the first run workers compile what they have not needed before, in the later ones they have it. Goal: ${goal} of that of \`etl run\` alone. Medians of ${rounds}.`,
    "",
    "| who loads | run | wall time | ours | of it `etl run --cluster` | of `etl run` alone | PostgreSQL's | memory of a process |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...all.flatMap((count) => sources.map((_, number) => line(measured, count, number))),
  ].join("\n")
})
