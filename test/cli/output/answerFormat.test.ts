import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type AnswerFormat, makeCsv, makeJson, makeTable, type Rows } from "../../../src/cli/output/answerFormat.ts"

const columns = [
  { name: "n", isNumber: true },
  { name: "te\u009bxt", isNumber: false },
]

/** What is printed of rows that come in these groups. */
const printed = (format: AnswerFormat, ...groups: ReadonlyArray<Rows>): string =>
  [...groups.map(format.rows), format.end()].filter((text) => text !== undefined).join("\n")

describe("an answer", () => {
  it("is one JSON array, however its rows come", () => {
    const rows: Rows = [
      [1, "a\u009b\n"],
      [null, { json: '[1,{"b":null}]' }],
      [true, ""],
    ]
    const values = [
      { n: 1, "te\u009bxt": "a\u009b\n" },
      { n: null, "te\u009bxt": [1, { b: null }] },
      { n: true, "te\u009bxt": "" },
    ]
    const whole = printed(makeJson(columns), rows)
    assert.deepStrictEqual(JSON.parse(whole), values)
    assert.notInclude(whole, "\u009b")
    assert.strictEqual(printed(makeJson(columns), ...rows.map((row) => [row])), whole)
    assert.strictEqual(printed(makeJson(columns)), "[]")
    assert.strictEqual(
      printed(makeJson([{ name: "a", isNumber: true }]), [[1], [2]]),
      JSON.stringify([{ a: 1 }, { a: 2 }], null, 2),
    )
  })

  it.effect("is CSV with a header and values as they are, but on a terminal", () =>
    Effect.gen(function* () {
      const groups: ReadonlyArray<Rows> = [[[1, "a\u009b"]], [[2, 'b"\n']], [[null, null]]]
      assert.strictEqual(printed(yield* makeCsv(columns, false), ...groups), 'n,te\u009bxt\n1,a\u009b\n2,"b""\n"\n,')
      assert.strictEqual(
        printed(yield* makeCsv(columns, true), ...groups),
        'n,te\\u009bxt\n1,a\\u009b\n2,"b""\\u000a"\n,',
      )
      assert.strictEqual(printed(yield* makeCsv(columns, false)), "n,te\u009bxt")
    }),
  )

  it.effect("is a table as wide as its first rows need; a longer cell sticks out", () =>
    Effect.gen(function* () {
      const table = yield* makeTable([...columns, { name: "last", isNumber: false }])
      const long = "x".repeat(1_000)
      assert.deepStrictEqual(
        printed(table, [[10, "abcdefghijkl", "a"]], [[200, "b", "c"]], [[3, long, "d"]]).split("\n"),
        [
          " n  te\\u009bxt    last",
          "--  ------------  ----",
          "10  abcdefghijkl  a",
          "200  b             c",
          ` 3  ${long}  d`,
          "3 rows",
        ],
      )
      const wide = printed(yield* makeTable(columns), [[1, long]])
      assert.strictEqual(wide.split("\n")[1], `-  ${"-".repeat(256)}`)
      assert.strictEqual(printed(yield* makeTable(columns)), "n  te\\u009bxt\n-  ----------\n0 rows")
    }),
  )
})
