// One side of a row of `npm run bench`: a load into a new database, and what it took.

import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { environment, freshDatabaseOn, type PostgresServer } from "../../utils/postgres.ts"
import * as Expert from "../expert.ts"
import * as ProcessorTime from "../processorTime.ts"
import { etl, publishedIn, query } from "../program.ts"
import { type Input, write } from "./inputs.ts"
import type { Figures, Load } from "./Row.ts"

export interface Setting {
  readonly server: PostgresServer
  readonly directory: string
  /** The share of its records that an input is made of. */
  readonly scale: number
}

/** `psql`, or a checkout of the project. */
export type Program = "psql" | { readonly checkout: string }

/** What is loaded, and what was loaded before, in the size that the setting wants. */
export const scaled = ({ scale }: Setting, input: Input): Input => ({ ...input, records: input.records * scale })

const fileOf = (setting: Setting, input: Input) =>
  Effect.promise(() => write(setting.directory, scaled(setting, input)))

const argumentsOf = (load: Load, source: ReadonlyArray<string>): ReadonlyArray<string> => {
  const { chunkSize, flags = [], geo = "none", isLocating = false } = load
  if (isLocating) return ["locate", "--geo", geo, ...flags]
  return [...source, "--geo", geo, ...(chunkSize === undefined ? [] : ["--chunksize", String(chunkSize)]), ...flags]
}

const store = join(import.meta.dirname, "../slowStore.ts")

/** The flags that name the input, while its store runs, where it has one. */
const sourceOf = Effect.fnUntraced(function* (setting: Setting, { input, isInBucket = false }: Load) {
  const file = yield* fileOf(setting, input)
  if (!isInBucket) return ["--source", file]
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, [store, file, "20"], { stdio: ["pipe", "pipe", "inherit"] })),
    (child) => Effect.sync(() => child.kill()),
  )
  const [port] = yield* Effect.promise(() => once(child.stdout, "data"))
  return ["--source", "small", "--aws", "--bucket", "bench", "--endpoint", `http://127.0.0.1:${port}`]
})

/** Bytes of write-ahead log that a server has written. */
const walOf = (server: PostgresServer) =>
  Effect.map(query(server, "postgres", "select (pg_current_wal_lsn() - '0/0')::float8 as wal"), ([row]) =>
    Number(row!["wal"]),
  )

interface Side extends Figures {
  /** The same where both sides have stored the same. */
  readonly digest?: string
}

const intoServer = Effect.fnUntraced(function* (setting: Setting, load: Load, program: Program) {
  const { directory, server } = setting
  const published = program === "psql" ? undefined : publishedIn(program.checkout)
  const database = yield* freshDatabaseOn(server)
  const env = environment(server, database)
  yield* etl(directory, ["init"], env, [0], published)
  if (program === "psql") yield* Expert.createTable(server, database)
  const run = (load: Load): Effect.Effect<Figures> =>
    program === "psql"
      ? Effect.flatMap(fileOf(setting, load.input), (file) =>
          Effect.map(Expert.load(server, database, file, directory), (seconds) => ({ seconds })),
        )
      : Effect.scoped(
          Effect.flatMap(sourceOf(setting, load), (source) =>
            etl(directory, argumentsOf(load, source), env, load.codes, published),
          ),
        )
  if (load.stored !== undefined) yield* run({ ...load, input: load.stored, geo: "none", isLocating: false, flags: [] })
  yield* fileOf(setting, load.input)
  // What others have left to write is not for this one to wait for.
  yield* query(server, "postgres", "checkpoint")
  const walBefore = yield* walOf(server)
  const processorBefore = ProcessorTime.ofServer(server)
  const figures = yield* run(load)
  const processorSeconds = ProcessorTime.ofServer(server) - processorBefore
  const wal = (yield* walOf(server)) - walBefore
  const digest = yield* Expert.digest(server, database, program === "psql" ? "expert_users" : "users")
  yield* query(server, "postgres", `drop database ${database}`)
  const side: Side = { ...figures, server: { processorSeconds, wal }, digest }
  return side
})

const intoFolder = Effect.fnUntraced(function* (setting: Setting, load: Load, checkout: string) {
  const file = yield* fileOf(setting, load.input)
  const folder = join(setting.directory, "pgdata")
  const run = etl(
    setting.directory,
    [...argumentsOf(load, ["--source", file]), "--embedded", folder],
    { PATH: process.env["PATH"] },
    [0],
    publishedIn(checkout),
  )
  const side: Side = yield* run
  // It opens again, and has nothing to do.
  yield* run
  rmSync(folder, { recursive: true })
  return side
})

/** Loads by one program, and tells what the load alone took. */
export const measure = (setting: Setting, load: Load, program: Program): Effect.Effect<Side> =>
  load.isEmbedded === true && program !== "psql"
    ? intoFolder(setting, load, program.checkout)
    : Effect.orDie(intoServer(setting, load, program))
