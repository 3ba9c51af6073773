import { assert, describe, it } from "@effect/vitest"
import { beginsAsReading, parseStatement } from "../../src/domain/ReadingStatement.ts"

describe("parseStatement", () => {
  it("parses SHOW and EXPLAIN, after spaces and comments", () => {
    assert.deepStrictEqual(parseStatement(" /* a */ -- b\n show timezone"), { _tag: "Show", text: "show timezone" })
    for (const [statement, text, query] of [
      ["explain select 1", "explain (verbose off)  select 1", undefined],
      ["EXPLAIN verbose table users", "explain ( verbose)  table users", undefined],
      ["explain (select 1)", "explain (verbose off)  (select 1)", undefined],
      ["explain(costs off)select 1", "explain (costs off) select 1", undefined],
      ["explain ANALYSE verbose select 1", "explain ( ANALYSE, verbose)  select 1", " select 1"],
      ["explain (costs off, Analyze) select 1", "explain (costs off, Analyze)  select 1", " select 1"],
      ["explain (analyze off) select 1", "explain (analyze off)  select 1", " select 1"],
    ] as const) {
      assert.deepStrictEqual(parseStatement(statement), { _tag: "Explain", text, query })
    }
    for (const statement of ["select 1", "(select 1)", "explained", "drop table users", ""]) {
      assert.deepStrictEqual(parseStatement(statement), { _tag: "Query", text: statement })
    }
  })

  it("leaves an ANALYZE that it has not recognised where PostgreSQL does not accept it", () => {
    for (const statement of ["explain /**/ analyze delete from users", 'explain ("analyze") delete from users']) {
      const reading = parseStatement(statement)
      assert.match(reading.text, /^explain \(verbose off\) /)
    }
  })
})

describe("beginsAsReading", () => {
  it("judges the statement that is executed", () => {
    for (const statement of [
      "select 1",
      "-- a\nWITH",
      "(values (1))",
      "show x",
      "explain delete",
      "explain analyze table t",
    ]) {
      assert.isTrue(beginsAsReading(statement), statement)
    }
    for (const statement of ["selec 1", "delete", "", "explain analyze delete"]) {
      assert.isFalse(beginsAsReading(statement), statement)
    }
  })
})
