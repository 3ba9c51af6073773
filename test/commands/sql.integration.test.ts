import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { freshFolder } from "../utils/embedded.ts"
import { etl, makeDatabase } from "../utils/etl.ts"
import { temporaryDirectory } from "../utils/postgres.ts"

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
        "name               latitude               big  small  nothing  raw     list   json             truth",
        "-----------------  --------  ----------------  -----  -------  ------  -----  ---------------  -----",
        'Ada                    -1.5  9007199254740993      7           \\x00ff  [1,2]  {"a":"b\\u001b"}  true',
        '=\\u001b[31m"B", o        12                 1      2           \\x      []                      false',
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
        ["delete from kept", /etl sql reads only/],
        ["drop table kept", /etl sql reads only/],
        ["commit; delete from kept", /multiple commands/],
        ["selec 1", /syntax error at or near/],
        ["select * from nowhere", /relation "nowhere" does not exist/],
        ["select 1 as a, 2 as a", /two columns are called a/],
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
