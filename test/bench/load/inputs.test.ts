import { assert, describe, it } from "@effect/vitest"
import { parse } from "csv-parse/sync"
import { Effect } from "effect"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { header } from "../../fixtures/UserActivity.ts"
import { temporaryDirectory } from "../../utils/postgres.ts"
import * as Inputs from "./inputs.ts"

const records = 2_000
const text = (input: Inputs.Input): string => Buffer.concat([...Inputs.blocksOf({ ...input, records })]).toString()

/** Each record's fields by name, as written and as they are meant. */
const parsed = (input: Inputs.Input) =>
  parse(text(input), { columns: true, raw: true, record_delimiter: "\n" }) as unknown as ReadonlyArray<{
    readonly raw: string
    readonly record: Readonly<Record<string, string>>
  }>

const share = (input: Inputs.Input, is: (raw: string) => boolean): number =>
  parsed(input).filter(({ raw }) => is(raw)).length / records

describe("the inputs of the bench", () => {
  it("have as many records as they say, of the mapped columns", () => {
    for (const input of Object.values(Inputs)) {
      if (!("name" in input) || typeof input === "function") continue
      const rows = parsed(input)
      assert.lengthOf(rows, records, input.name)
      for (const column of header.split(",")) assert.property(rows[0]!.record, column, input.name)
    }
  })

  it("have a quoted field with a comma in each record, or a doubled quote", () => {
    assert.strictEqual(
      share(Inputs.quoted, (raw) => /"[^"]*,[^"]*"/.test(raw)),
      1,
    )
    assert.isAbove(
      share(Inputs.quoted, (raw) => !raw.includes('""')),
      0.97,
    )
    assert.strictEqual(
      share(Inputs.slow, (raw) => raw.includes('""')),
      1,
    )
  })

  it("have doubled quotes in less than a tenth of the records where nine of ten are plain", () => {
    const doubled = share(Inputs.mostlyPlain, (raw) => raw.includes('""'))
    assert.isAbove(doubled, 0.07)
    assert.isBelow(doubled, 0.1)
  })

  it("have 60 columns where ten are mapped, with the same users", () => {
    const wide = parsed(Inputs.wide)
    const plain = parsed(Inputs.users)
    for (const [index, { record }] of wide.entries()) {
      assert.lengthOf(Object.keys(record), 60)
      assert.deepInclude(record, plain[index]!.record)
    }
  })

  it("have something newer in a twentieth of the records of a new version", () => {
    const before = parsed(Inputs.users)
    const newer = parsed(Inputs.changed).filter(({ raw }, index) => raw !== before[index]!.raw)
    assert.isTrue(newer.every(({ record }) => record["updated_at"] === "2026-06-01"))
    assert.approximately(newer.length / records, 0.05, 0.005)
  })

  it("have no valid e-mail in half of the bad records", () => {
    assert.approximately(
      parsed(Inputs.halfBad).filter(({ record }) => record["email"]!.includes(" at ")).length / records,
      0.5,
      0.01,
    )
  })

  it.effect("are written once, to a file or to many", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const write = (input: Inputs.Input) => Effect.promise(() => Inputs.write(directory, input))
      const file = yield* write({ ...Inputs.users, records })
      assert.strictEqual(readFileSync(file, "utf8"), text(Inputs.users))
      const { mtimeMs } = statSync(file)
      assert.strictEqual(yield* write({ ...Inputs.users, records }), file)
      assert.strictEqual(statSync(file).mtimeMs, mtimeMs)
      assert.lengthOf(readdirSync(yield* write({ ...Inputs.smallFiles, records: 50 })), 5)
    }),
  )
})
