import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { freshFolder } from "../../utils/embedded.ts"
import { etl, makeDatabase } from "../../utils/etl.ts"
import { measureEtl } from "../../utils/measureEtl.ts"
import { temporaryDirectory } from "../../utils/postgres.ts"

const statement = `select 'Ada' as name, -1.5::float8 as latitude, 9007199254740993 as big, 7::bigint as small, null as nothing,
  '\\x00ff'::bytea as raw, array[1, 2] as list, '{"a":"b\\u001b"}'::jsonb as json, true as truth
  union all select E'=\\x1b[31m"B", o', 12, 1, 2, null, '', '{}', 'null', false`

describe("etl sql", () => {
  it.live("prints what a statement gives as a table, as JSON or as CSV", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const table = yield* etl(["sql", statement], env)
      assert.strictEqual(table.code, 0, table.stderr)
      assert.deepStrictEqual(table.stdout.split("\n"), [
        "name               latitude               big  small  nothing  raw     list   json              truth",
        "-----------------  --------  ----------------  -----  -------  ------  -----  ----------------  -----",
        'Ada                    -1.5  9007199254740993      7           \\x00ff  [1,2]  {"a": "b\\u001b"}  true',
        '=\\u001b[31m"B", o        12                 1      2           \\x      []     null              false',
        "2 rows",
      ])

      const json = yield* etl(["sql", statement, "--json"], env)
      assert.deepStrictEqual(JSON.parse(json.stdout), [
        {
          name: "Ada",
          latitude: -1.5,
          big: "9007199254740993",
          small: 7,
          nothing: null,
          raw: "\\x00ff",
          list: [1, 2],
          json: { a: "b\u001b" },
          truth: true,
        },
        {
          name: '=\u001b[31m"B", o',
          latitude: 12,
          big: 1,
          small: 2,
          nothing: null,
          raw: "\\x",
          list: [],
          json: null,
          truth: false,
        },
      ])

      const exact = `select float8 'NaN' as f, row_to_json(row(9007199254740993)) as j, json E'[1e400,\\n1]' as l`
      assert.strictEqual(
        (yield* etl(["sql", exact, "--json"], env)).stdout,
        '[\n  {\n    "f": "NaN",\n    "j": {"f1":9007199254740993},\n    "l": [1e400, 1]\n  }\n]',
      )
      const exactCsv = (yield* etl(["sql", exact, "--csv"], env)).stdout
      assert.strictEqual(exactCsv, 'f,j,l\nNaN,"{""f1"":9007199254740993}","[1e400, 1]"')

      const csv = yield* etl(["sql", "select '=1+1' as a, '\"x\", y' as b, -2 as c, null as d", "--csv"], env)
      assert.strictEqual(csv.stdout, 'a,b,c,d\n=1+1,"""x"", y",-2,')
      assert.match((yield* etl(["sql", "select 1 as one where false"], env)).stdout, /^one\n---\n0 rows$/)
    }).pipe(Effect.scoped),
  )

  it.live("changes nothing, and says what is wrong with a statement (2)", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      yield* query("create table kept (n integer)")
      yield* query("insert into kept values (1)")
      for (const [text, message] of [
        ["delete from kept", /etl sql is read-only/],
        ["drop table kept", /etl sql is read-only/],
        ["commit; delete from kept", /etl sql is read-only: SELECT, VALUES/],
        [
          "select pg_notify('kept', ''), lo_create(0)",
          /^PostgreSQL reports: cannot execute .* read-only transaction .*25006\)\. etl sql is read-only\.$/m,
        ],
        ["select 1; delete from kept", /multiple commands/],
        ["explain analyze create table made as select 1", /at or near "create".*etl sql is read-only/],
        ["select $1", /bind message supplies 0 parameters/],
        ["selec 1", /syntax error at or near/],
        ["select * from nowhere", /relation "nowhere" does not exist/],
      ] as const) {
        const refused = yield* etl(["sql", text], env)
        assert.strictEqual(refused.code, 2, refused.stderr)
        assert.match(refused.stderr, message)
        assert.strictEqual(refused.stdout, "")
      }
      assert.strictEqual((yield* etl(["sql", "select 1", "--csv", "--json"], env)).code, 2)
      assert.strictEqual((yield* etl(["sql", "select 1"], { ...env, DB_PORT: "1" })).code, 6)
      assert.deepStrictEqual(yield* query("select * from kept"), [{ n: 1 }])
    }).pipe(Effect.scoped),
  )

  it.live("prints columns of one name as they are, but as JSON, where a name is a key", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const join = "select * from (values (1, 'a')) l (id, x) join (values (1, 'b')) r (id, y) on l.id = r.id"
      const table = yield* etl(["sql", join], env)
      assert.strictEqual(table.stdout, "id  x  id  y\n--  -  --  -\n 1  a   1  b\n1 row")
      assert.strictEqual((yield* etl(["sql", join, "--csv"], env)).stdout, "id,x,id,y\n1,a,1,b")
      const json = yield* etl(["sql", join, "--json"], env)
      assert.deepStrictEqual([json.code, json.stdout], [2, ""])
      assert.match(json.stderr, /^(?:The role .*\n)?--json: two columns are named id\. .* as name\).*--csv\.$/)
    }).pipe(Effect.scoped),
  )

  it.live("prints all that PostgreSQL says of a statement, and logs no value of it", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      yield* query("create table kept (name text)")
      yield* query("insert into kept values ('ada@example.com')")
      for (const [text, said] of [
        ["select 1/0", "division by zero (SQLSTATE 22012)."],
        ["select name::int from kept", 'invalid input syntax for type integer: "ada@example.com" (SQLSTATE 22P02).'],
        [
          "select (select 1 union select 2)",
          "more than one row returned by a subquery used as an expression (SQLSTATE 21000).",
        ],
        [
          "select '\u{1f600}',\n nam from kept",
          'column "nam" does not exist, at line 2, character 2 (SQLSTATE 42703). Hint: Perhaps you meant to reference the column "kept.name".',
        ],
        ["/* all */\nshow nothing at", 'syntax error at or near "at", at line 2, character 14 (SQLSTATE 42601).'],
        [
          "explain analyze select n from nowhere",
          'relation "nowhere" does not exist, at line 1, character 31 (SQLSTATE 42P01).',
        ],
        [
          "select json '{'",
          "invalid input syntax for type json, at line 1, character 13 (SQLSTATE 22P02). Detail: The input string ended unexpectedly.",
        ],
      ] as const) {
        const refused = yield* etl(["sql", text], env)
        assert.strictEqual(refused.stderr.split("\n").at(-1), `PostgreSQL reports: ${said}`)
        assert.deepStrictEqual([refused.code, refused.stdout], [2, ""])
        assert.notInclude(refused.logText, "ada@example.com")
      }
      const { log } = yield* etl(["sql", "select name::int from kept"], env)
      assert.deepInclude(log.at(-1), { level: "ERROR", message: "PostgreSQL refused a value (SQLSTATE 22P02)." })
    }).pipe(Effect.scoped),
  )

  it.live("warns of a role that may write files, and says once that values are cut", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const reader = `reader_${randomUUID().replaceAll("-", "")}`
      yield* query(`create role ${reader} login password 'read'`)
      const as = { ...env, DB_USER: reader, DB_PASS: "read" }
      const warning = (role: string, what: string) =>
        `The role ${role} ${what}: functions that a statement calls have the same rights. Use a role that only reads.`
      assert.strictEqual((yield* etl(["sql", "select 1"], as)).stderr, "")
      assert.strictEqual((yield* etl(["sql", "select 1"], env)).stderr, warning("postgres", "is a superuser"))
      yield* query(`grant pg_execute_server_program to ${reader}`)
      const expected = warning(reader, "may write files on the server, or run programs there")
      assert.strictEqual((yield* etl(["sql", "select 1"], as)).stderr, expected)
      yield* query(`revoke pg_execute_server_program from ${reader}`)

      const long =
        "select i, repeat('x', case when i < 2 then 65536 else 65537 end) as text from generate_series(1, 900) i"
      const { code, stderr, stdout } = yield* etl(["sql", long, "--csv"], as)
      assert.strictEqual(code, 0)
      assert.match(stderr, /^Values of more than 65536 characters are cut, the first in column text of row 2\. .*$/)
      assert.strictEqual(stdout.split("\n").length, 901)
      assert.isTrue(stdout.endsWith(`900,${"x".repeat(65_536)}`))
    }).pipe(Effect.scoped),
  )

  it.live("keeps few rows of an answer in memory, and ends when its reader has exited", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const rows = "select i, repeat('x', 1000) as text from generate_series(1, 150000) i"
      let bytes = 0
      const all = yield* measureEtl(["sql", rows, "--csv"], env, (stdout) =>
        stdout.on("data", (chunk: Buffer) => (bytes += chunk.length)),
      )
      assert.strictEqual(all.code, 0, all.stderr)
      assert.isAbove(bytes, 150_000_000)
      assert.isBelow(all.mebibytes, 300)

      const endless = "select generate_series(1::bigint, 1000000000000) as i"
      const head = yield* measureEtl(["sql", endless], env, (stdout) => stdout.once("data", () => stdout.destroy()))
      assert.strictEqual(head.code, 0, head.stderr)
      assert.match(head.stderr, /^The role postgres is a superuser[^\n]*\n$/)
    }).pipe(Effect.scoped),
  )

  it.live("asks the embedded database, and makes none", () =>
    Effect.gen(function* () {
      const folder = join(yield* temporaryDirectory, "pgdata")
      for (const command of [["sql", "select 1"], ["runs"], ["rejects"], ["report"]]) {
        const none = yield* etl([...command, "--embedded", folder])
        assert.strictEqual(none.code, 2, none.stdout)
        assert.match(none.stderr, /^There is no database in .* yet\. Load files first/)
      }
      assert.isFalse(existsSync(folder))
      const { code, stdout, stderr } = yield* etl(["sql", "select 6 * 7 as answer", "--embedded", yield* freshFolder])
      assert.strictEqual(code, 0, stderr)
      assert.strictEqual(stdout, "answer\n------\n    42\n1 row")
    }).pipe(Effect.scoped),
  )
})
