import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as ColumnMapping from "../../src/domain/ColumnMapping.ts"
import { fieldColumns } from "../../src/domain/fileColumns.ts"
import { read, type TypedChunk } from "../utils/csv.ts"
import { csvLine } from "../utils/records.ts"

const mapping = ColumnMapping.make(Object.fromEntries(fieldColumns.map((column) => [column, column])))
const header = fieldColumns.join(",")

const limit = 8 * 1024 * 1024

/** What of a chunk is text, without the last record. */
const textBytes = ({ rejects, users }: TypedChunk): number => {
  const ofRecords = [
    ...users.map(({ raw }) => raw.length),
    ...rejects.map(({ raw, reasons }) => raw.length + JSON.stringify(reasons).length),
  ]
  return ofRecords.slice(0, -1).reduce((sum, bytes) => sum + bytes, 0)
}

describe("a chunk of 100,000 records ends at 8 MiB of what it holds", () => {
  for (const [what, record, count] of [
    ["rejects of one byte", () => "x\n", 20_000],
    ["rejects with many reasons", () => `${fieldColumns.map(() => "x\0").join(",")}\n`, 6_000],
    ["short users", (index: number) => `${csvLine({ email: `${index}@a` })}\n`, 60_000],
    ["users between blank lines", (index: number) => csvLine({ email: `${index}@a` }) + "\n".repeat(50_000), 200],
  ] as const) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const text = `${header}\n${Array.from({ length: count }, (_, index) => record(index)).join("")}`
        const options = { chunkSize: 100_000, mapping }
        const chunks = yield* read(text, options)
        const [first, ...others] = chunks
        assert.isAbove(others.length, 0)
        assert.strictEqual(
          chunks.reduce((sum, { rejects, users }) => sum + rejects.length + users.length, 0),
          count,
        )
        for (const chunk of chunks) assert.isBelow(textBytes(chunk), limit)
        // The blocks that were read live as long as a record in them.
        for (const { from, to } of chunks) assert.isAtMost(to.byteOffset - from.byteOffset, limit + 50_100)
        const resume = { position: first!.to, header: first!.header, format: first!.format }
        const rest = yield* read(text.slice(first!.to.byteOffset), { ...options, resume })
        assert.deepStrictEqual(
          rest.map(({ to }) => to),
          others.map(({ to }) => to),
        )
      }),
    )
  }
})
