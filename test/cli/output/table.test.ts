import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import stringWidth from "string-width"
import { type FittedColumn, fitTable, formatTable } from "../../../src/cli/output/table.ts"

const columns: ReadonlyArray<FittedColumn> = [
  { name: "run", isRight: true },
  { name: "source", isRight: false, least: 8, leaveOut: 1 },
  { name: "read", isRight: true, leaveOut: 2 },
  { name: "exit", isRight: true },
]

const Row = Schema.Tuple([
  Schema.String.check(Schema.isPattern(/^[0-9]{1,4}$/)),
  Schema.String.check(Schema.isPattern(/^[a-zé/😀日]{0,60}$/u)),
  Schema.String.check(Schema.isPattern(/^[0-9,]{1,12}$/)),
  Schema.String.check(Schema.isPattern(/^[0-9]{0,3}$/)),
])

const lengths = (lines: ReadonlyArray<string>) => lines.map((line) => stringWidth(line))

describe("table", () => {
  it("aligns, numbers to the right, by the columns that characters take", () => {
    const named = [
      { name: "name", isRight: false },
      { name: "n", isRight: true },
    ]
    const rows = [
      ["é😀", "1"],
      ["a", "1,000"],
    ]
    assert.deepStrictEqual(formatTable(named, rows), ["name      n", "----  -----", "é😀       1", "a     1,000"])
  })

  it("loses the least that the terminal demands: columns first, then the middle of a text", () => {
    const rows = [["1", "/data/exports/2026/user_activity", "1,000", "0"]]
    assert.deepStrictEqual(fitTable(columns, rows, 80)[2], "  1  /data/exports/2026/user_activity  1,000     0")
    assert.deepStrictEqual(fitTable(columns, rows, 40)[2], "  1  /data/expor…r_activity  1,000     0")
    assert.deepStrictEqual(fitTable(columns, rows, 20)[2], "  1  /dat…vity     0")
    assert.deepStrictEqual(fitTable(columns, rows, 10)[2], "  1     0")
  })

  it("keeps the beginning of a text of which the end says least", () => {
    const named: ReadonlyArray<FittedColumn> = [{ name: "dates", isRight: false, least: 8, keepsBeginning: true }]
    assert.deepStrictEqual(fitTable(named, [["01/03/2024 | 02/03/2024"], ["日日日日日日"]], 12).slice(2), [
      "01/03/2024 …",
      "日日日日日日",
    ])
    assert.deepStrictEqual(fitTable(named, [["日日日日日日"]], 9)[2], "日日日日…")
  })

  it.prop(
    "fits from the width that its columns need, and keeps every row",
    [Schema.Array(Row), Schema.Int.check(Schema.isBetween({ minimum: 10, maximum: 120 }))],
    ([rows, width]) => {
      const lines = fitTable(columns, rows, width)
      assert.lengthOf(lines, rows.length + 2)
      assert.isAtMost(Math.max(...lengths(lines)), width)
      if (width === 120) assert.deepStrictEqual(lines, formatTable(columns, rows))
    },
  )
})
