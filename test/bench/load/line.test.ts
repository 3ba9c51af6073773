import { assert, describe, it } from "@effect/vitest"
import * as Inputs from "./inputs.ts"
import { head, line } from "./line.ts"
import type { Pair, Row } from "./Row.ts"
import { rows } from "./rows.ts"

const row: Row = {
  name: "new",
  work: "new users",
  load: { input: Inputs.users },
  against: "psql",
  goals: { ratio: 0.7, processorSeconds: 6, memory: 200 },
}

/** `factor`: of the times of ours. */
const pair = (factor: number): Pair => ({
  ours: {
    seconds: 10 * factor,
    processorSeconds: factor,
    memory: 150 * factor,
    server: { processorSeconds: 4 * factor, wal: 3e8 },
  },
  theirs: { seconds: 20, server: { processorSeconds: 9, wal: 2e8 } },
})

const cells = (text: string): ReadonlyArray<string> => text.split("|").map((cell) => cell.trim())

describe("line", () => {
  it("has the medians of each side and of the ratios, the most memory, and judges them by the goals", () => {
    const pairs = [pair(1), pair(1.2), pair(5)]
    assert.deepStrictEqual(cells(line(row, 100_000, pairs)), [
      "",
      "new",
      "new users",
      "12.0 s",
      "20.0 s",
      "0.60",
      "0.7 met; 6 s of ours a million MISSED (12.0); 200 MiB MISSED",
      "1.2 s, 750 MiB",
      "4.8 s, 300 MB; other's 9.0 s, 200 MB",
      "",
    ])
  })

  it("leaves out what there is nothing to compare with", () => {
    const { seconds } = pair(1).ours
    assert.deepStrictEqual(cells(line(row, 1_000_000, [{ ours: { seconds } }])).slice(3, -1), [
      "10.0 s",
      "",
      "",
      "",
      "",
      "",
    ])
  })

  it("judges a rate that is to be reached", () => {
    const goals = { recordsPerSecond: 3_000 }
    assert.include(line({ ...row, goals }, 30_000, [pair(1)]), "3000 records/s met (3000)")
    assert.include(line({ ...row, goals }, 29_000, [pair(1)]), "3000 records/s MISSED (2900)")
  })

  it("has as many cells as the head", () => {
    assert.lengthOf(cells(line(row, 1, [pair(1)])), cells(head.split("\n")[0]!).length)
  })
})

describe("rows", () => {
  it("have names of their own, goals, and an odd number of pairs", () => {
    assert.strictEqual(new Set(rows.map(({ name }) => name)).size, rows.length)
    for (const { goals, name, pairs = 5 } of rows) {
      assert.isNotEmpty(Object.keys(goals), name)
      assert.strictEqual(pairs % 2, 1, name)
    }
  })
})
