import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Logger, Stream } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as PgEmbedded from "../../../src/database/PgEmbedded.ts"
import * as PgServer from "../../../src/database/PgServer.ts"
import * as PgReadOnlyQuery from "../../../src/postgres/sql/PgReadOnlyQuery.ts"
import { type Cell, ReadOnlyQuery } from "../../../src/repo/ReadOnlyQuery.ts"
import { freshFolder } from "../../utils/embedded.ts"
import { clientLayer, environment, freshDatabase, sharedPostgres } from "../../utils/postgres.ts"

const ask = Effect.fnUntraced(function* (statement: string) {
  const { columns, rows } = yield* (yield* ReadOnlyQuery).ask(statement)
  return { columns, rows: yield* Stream.runCollect(rows) }
}, Effect.scoped)

const setUp = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  yield* sql`create table kept (n integer)`
  yield* sql`insert into kept values (1)`
  yield* sql`create sequence counter`
  yield* sql`create materialized view view as select n from kept`
})

/** Tables, views and sequences, the settings and the rows. */
const state = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  return yield* sql`select
    (select array_agg(relname::text order by relname::text) from pg_class where relnamespace = 'public'::regnamespace) as relations,
    (select array_agg(n) from kept) as kept, (select last_value from counter) as counter,
    current_setting('transaction_read_only') as read_only, current_setting('search_path') as path,
    (select count(*)::int from pg_listening_channels()) as listening,
    (select count(*)::int from pg_cursors where name <> '') as cursors`
})

const writes = (file: string) => [
  `copy kept to '${file}'`,
  `copy kept from '${file}'`,
  `copy kept to program 'cat > ${file}'`,
  "copy kept to stdout",
  "delete from kept",
  "truncate kept",
  "merge into kept using kept k on true when matched then delete",
  "with d as (delete from kept returning n) select * from d",
  "(delete from kept)",
  "select n into made from kept",
  "create table made as select 1",
  "select n from kept for update",
  "select nextval('counter')",
  "select set_config('transaction_read_only', 'off', false)",
  "select 1; commit; drop table kept",
  "select 1) as answer; drop table kept; --",
  "select 1\n) as answer(c0); drop table kept",
  "show timezone; drop table kept",
  "explain select 1; drop table kept",
  "commit",
  "rollback",
  "begin",
  "savepoint a",
  "prepare transaction 'a'",
  "prepare made as delete from kept",
  "set search_path = made",
  "set transaction read write",
  "reset all",
  "lock table kept",
  "reindex table kept",
  "analyze kept",
  "vacuum",
  "cluster",
  "checkpoint",
  "refresh materialized view view",
  "do 'begin delete from kept; end'",
  "call made()",
  "listen made",
  "notify made",
  "discard all",
  "deallocate all",
  "load 'plpgsql'",
  "declare made cursor with hold for select 1",
  "fetch 1 from etl_rows",
  "explain analyze delete from kept",
  "explain analyze with d as (delete from kept returning n) select * from d",
  "explain analyze create table made as select 1",
  "explain (analyze) create materialized view made as select 1",
  "explain analyze select n into made from kept",
  "explain analyze declare made cursor for select 1",
  "explain analyze execute made",
  "explain analyze refresh materialized view view",
  "explain analyze copy kept to stdout",
  "explain/**/analyze create table made as select 1",
  "explain -- a\n (analyze) create table made as select 1",
  "/* /* */ */ explain analyze create table made as select 1",
  'explain ("analyze") create table made as select 1',
  "explain (verbose) analyze create table made as select 1",
  "explain (verbose 1analyze) create table made as select 1",
]

const refusesWrites = Effect.fnUntraced(function* (statements: ReadonlyArray<string>) {
  yield* setUp
  const before = yield* state
  for (const statement of statements) {
    const outcome = yield* Effect.result(ask(statement))
    assert.strictEqual(outcome._tag, "Failure", statement)
  }
  assert.deepStrictEqual(yield* state, before)
})

const reads = Effect.gen(function* () {
  for (const [statement, rows] of [
    ["select n from kept", [[1]]],
    ["table kept;", [[1]]],
    [" -- a\n /* b */ values (1), (2) -- c ;", [[1], [2]]],
    ["(with k as (select n from kept) select n from k) ; ;", [[1]]],
    ["select", [[]]],
    ["select n from kept where false", []],
    ["show transaction_read_only", [["on"]]],
    ["explain (costs off) delete from kept", [["Delete on kept"], ["  ->  Seq Scan on kept"]]],
    ["explain (costs off) create table made as select 1", [["Result"]]],
  ] as const) {
    assert.deepStrictEqual<ReadonlyArray<ReadonlyArray<Cell>>>((yield* ask(statement)).rows, rows, statement)
  }
  assert.match(String((yield* ask("explain analyze verbose select n from kept")).rows[0]), /actual/)
  const semicolon = yield* Effect.flip(ask("select 1; -- why"))
  assert.strictEqual(semicolon.message, "Remove the statement's semicolon, and what follows it.")
})

const columnsOfTypes = [
  ["select row(1, 'a')", "(1,a)"],
  ["select kept from kept", "(1)"],
  ["select row(null, null)", "(,)"],
  ["select pg_lsn '0/16B3748'", "0/16B3748"],
  ["select xid8 '123'", "123"],
  ["select int4range(1, 5)", "[1,5)"],
  ["select tsvector 'a b'", "'a' 'b'"],
  ["select interval '1 day 2 hours'", "1 day 02:00:00"],
  ["select time '12:30'", "12:30:00"],
  ["select inet '10.0.0.1'", "10.0.0.1"],
  ["select cidr '10.0.0.0/8'", "10.0.0.0/8"],
  ["select 'a'::char(3)", "a  "],
  ["select regclass 'kept'", "kept"],
  ["select box '(1,2),(3,4)'", "(3,4),(1,2)"],
  ["select pg_sleep(0)", ""],
  ["select numeric '1.50'", "1.50"],
  ["select uuid '00000000-0000-0000-0000-000000000001'", "00000000-0000-0000-0000-000000000001"],
  ["select bytea '\\x00ff'", "\\x00ff"],
  ["select date '2024-02-29'", "2024-02-29"],
  ["select timestamptz '2024-02-29 12:00:00.123456+02'", "2024-02-29T10:00:00.123456Z"],
  ["select timestamptz '2024-02-29 12:00:00+00'", "2024-02-29T12:00:00Z"],
  ["select timestamp '2024-02-29 12:00:00.5'", "2024-02-29T12:00:00.5"],
  ["select timestamp 'infinity'", "infinity"],
  ["select timestamptz '-infinity'", "-infinity"],
  ["select timestamptz '0044-03-15 BC'", "0044-03-15 00:00:00+00 BC"],
  ["select timestamptz '12024-03-15'", "12024-03-15 00:00:00+00"],
  ["select 9007199254740991", 9007199254740991],
  ["select 9007199254740993", "9007199254740993"],
  ["select numeric 'NaN'", "NaN"],
  ["select float8 '0.1'", { json: "0.1" }],
  ["select float4 '1e-07'", { json: "1e-07" }],
  ["select float8 '-0'", { json: "-0" }],
  ["select float8 'NaN'", "NaN"],
  ["select float4 '-infinity'", "-Infinity"],
  ["select false", false],
  ["select null", null],
  [`select '{"a": [1, null]}'::jsonb`, { json: '{"a": [1, null]}' }],
  ["select 'null'::json", { json: "null" }],
  ["select null::json", null],
  ["select row_to_json(row(9007199254740993))", { json: '{"f1":9007199254740993}' }],
  [`select json '{"n":12345678901234567890}'`, { json: '{"n":12345678901234567890}' }],
  ["select json '[1e400]'", { json: "[1e400]" }],
  [`select json '{"a":1,"a":2}'`, { json: '{"a":1,"a":2}' }],
  [`select json E'{\n\t"a":\r\n"b\\\\n"}'`, { json: '{  "a":  "b\\n"}' }],
  ["select to_json(E'\u009b\u202e'::text)", { json: '"\\u009b\\u202e"' }],
  [
    "select to_json(repeat('[', 30000) || repeat(']', 30000))",
    { json: `"${"[".repeat(30_000)}${"]".repeat(30_000)}"` },
  ],
  [
    "select array[json '[1e400]', null, E'{\n\"a\":12345678901234567890}']",
    { json: '[[1e400],null,{ "a":12345678901234567890}]' },
  ],
  ["select array[float8 'NaN', 1.5, null]", { json: '["NaN",1.5,null]' }],
  ["select array[[1, 2], [3, null]]", { json: "[[1,2],[3,null]]" }],
  ["select '[0:1]={9007199254740993,2}'::int8[]", { json: '["9007199254740993",2]' }],
  [`select array['a,"b', null]`, { json: '["a,\\"b",null]' }],
  ["select array[true, false]", { json: "[true,false]" }],
  ["select array[timestamptz '2024-01-01']", { json: '["2024-01-01T00:00:00Z"]' }],
  ["select array[int4range(1, 2)]", '{"[1,2)"}'],
  ["select '{}'::text[]", { json: "[]" }],
] as const

const showsTypes = Effect.gen(function* () {
  for (const [statement, value] of columnsOfTypes) {
    assert.deepStrictEqual((yield* ask(statement)).rows, [[value]], statement)
  }
})

const cutsCells = Effect.gen(function* () {
  const text = "select repeat('é', 65536) as a, repeat('é', 65537) as b, repeat('x', 100000)::bytea as c"
  const [row] = (yield* ask(text)).rows
  assert.deepStrictEqual(row, ["é".repeat(65_536), "é".repeat(65_536), `\\x${"78".repeat(32_767)}`])
  // A character of two code units is not cut in half.
  assert.deepStrictEqual((yield* ask("select 'x' || repeat('😀', 40000)")).rows, [[`x${"😀".repeat(32_767)}`]])
  const array = (yield* ask("select array_agg(i) from generate_series(1, 100000) i")).rows[0]![0]
  assert.strictEqual(typeof array === "string" && array.length, 65_536)
  // More rows than are fetched at once, of which the last are long.
  const rows = (yield* ask(
    "select repeat('x', case when i > 2400 then 70000 else 1 end) from generate_series(1, 2500) i",
  )).rows
  assert.strictEqual(rows.length, 2_500)
  assert.strictEqual(String(rows[2_499]).length, 65_536)
})

const layerOn = (client: Layer.Layer<PgClient.PgClient | SqlClient, unknown>) =>
  Layer.orDie(Layer.mergeAll(Layer.provideMerge(PgReadOnlyQuery.layer, client), Logger.layer([])))

describe("PgReadOnlyQuery", () => {
  it.live("on a server refuses what is no question, and changes nothing", () =>
    Effect.gen(function* () {
      const server = yield* sharedPostgres
      const file = join(server.dataDirectory, "written-by-etl-sql")
      const layer = layerOn(clientLayer(server, yield* freshDatabase))
      yield* Effect.gen(function* () {
        yield* refusesWrites(writes(file))
        yield* reads
        yield* showsTypes
        yield* cutsCells
      }).pipe(Effect.provide(layer))
      assert.isFalse(existsSync(file))
    }).pipe(Effect.scoped),
  )

  it.live("shows the same bytes and times whatever the database's settings are", () =>
    Effect.gen(function* () {
      const server = yield* sharedPostgres
      const name = yield* freshDatabase
      yield* Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        for (const setting of [
          "standard_conforming_strings = off",
          "bytea_output = escape",
          "timezone = 'Asia/Tokyo'",
        ]) {
          yield* sql.unsafe(`alter database ${name} set ${setting}`)
        }
      }).pipe(Effect.provide(clientLayer(server, name)))
      const layer = layerOn(PgServer.layerConfig({ maxConnections: 1 }))
      const [row] = yield* ask(
        "select decode('00ff', 'hex'), timestamptz '2024-02-29 12:00:00.5+00', array[decode('00', 'hex')]",
      ).pipe(
        Effect.map(({ rows }) => rows),
        Effect.provide(layer),
        Effect.provideService(
          ConfigProvider.ConfigProvider,
          ConfigProvider.fromEnv({ env: environment(server, name) }),
        ),
      )
      assert.deepStrictEqual(row, ["\\x00ff", "2024-02-29T12:00:00.5Z", { json: '["\\\\x00"]' }])
    }).pipe(Effect.scoped),
  )

  it.live("on the embedded database does the same: copy overwrites no file of a table", () =>
    Effect.gen(function* () {
      const folder = yield* freshFolder
      const version = readFileSync(join(folder, "PG_VERSION"), "utf8")
      const layer = layerOn(PgEmbedded.layer({ directory: folder }))
      yield* Effect.gen(function* () {
        // Each takes a while there.
        const some = /^(copy|delete|lock|reindex|vacuum|select 1;|explain analyze create|explain analyze select)/
        yield* refusesWrites(writes("/pglite/data/PG_VERSION").filter((statement) => some.test(statement)))
        assert.deepStrictEqual((yield* ask("select n, row(n, 'a') from kept")).rows, [[1, "(1,a)"]])
      }).pipe(Effect.provide(layer))
      assert.strictEqual(readFileSync(join(folder, "PG_VERSION"), "utf8"), version)
    }).pipe(Effect.scoped),
  )
})
