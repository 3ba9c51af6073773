import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import stringWidth from "string-width"
import { formatInspection } from "../../../src/cli/output/formatInspection.ts"
import { formatMapping } from "../../../src/cli/output/inspection/formatMapping.ts"
import * as Inspection from "../../../src/csv/Inspection.ts"
import * as MappingFile from "../../../src/domain/MappingFile.ts"
import { crmExport } from "../../fixtures/exports/crm.ts"

const { bytes, mapping } = crmExport({ records: 200, seed: 1 })
const inspected = (encoding?: "windows-1252") => Inspection.inspect({ format: { encoding } })(Stream.succeed(bytes))

describe("formatInspection", () => {
  it.effect.each([60, 80, 100, 160])("fits in %d columns", (width) =>
    Effect.gen(function* () {
      const lines = formatInspection(["crm.csv"], yield* inspected(), width)
      for (const line of lines) assert.isAtMost(stringWidth(line), width, line)
      for (const name of Object.keys(mapping))
        assert.isTrue(
          lines.some((line) => line.includes(name)),
          name,
        )
    }),
  )

  it.effect("lists the mapped fields of a file with thousands, and not all others", () =>
    Effect.gen(function* () {
      const names = ["Mail", ...Array.from({ length: 3_000 }, (_, index) => `Field ${index}`), "Vorname"]
      const row = ["a@example.com", ...Array.from({ length: 3_000 }, () => "x"), "Ada"]
      const bytes = new TextEncoder().encode(`${names.join(",")}\n${row.join(",")}\n`)
      const lines = formatInspection(["wide.csv"], yield* Inspection.inspect()(Stream.succeed(bytes)), 100)
      assert.isBelow(lines.length, 300)
      assert.isTrue(lines.some((line) => /Vorname +first_name/.test(line)))
      assert.include(lines, "  and 2,800 other fields: --json lists all")
    }),
  )

  it.effect("names each file of a layout, up to a number", () =>
    Effect.gen(function* () {
      const names = Array.from({ length: 9 }, (_, index) => `${index}.csv`)
      const [first] = formatInspection(names, yield* inspected(), 100)
      assert.strictEqual(first, "0.csv, 1.csv, 2.csv, 3.csv, 4.csv, 4 other files")
    }),
  )
})

describe("formatMapping", () => {
  it.effect("is a mapping file, with a line for each header", () =>
    Effect.gen(function* () {
      const proposed = (yield* inspected("windows-1252")).mapping.object
      const text = formatMapping(proposed)
      assert.deepStrictEqual(JSON.parse(text), JSON.parse(JSON.stringify(proposed)))
      const parsed = yield* MappingFile.parse("m.json", text)
      assert.deepStrictEqual(
        Object.fromEntries(Array.from(parsed.mapping, ([header, { column }]) => [header, column])),
        mapping,
      )
      assert.deepStrictEqual(parsed.format, { encoding: "windows-1252" })
      assert.include(text, '\n    "E-Mail": "email",\n')
    }),
  )
})
