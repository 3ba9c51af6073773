import { assert, describe, it } from "@effect/vitest"
import { Ajv } from "ajv"
import { Effect, Exit, Schema } from "effect"
import { MappingJson, toJsonSchema } from "../../src/domain/mappingSchema.ts"
import * as MappingFile from "../../src/domain/MappingFile.ts"
import { formatFields } from "../../src/domain/FormatOptions.ts"
import { mappedFields } from "../../src/domain/MappedColumn.ts"

const validate = new Ajv({ strict: true, strictRequired: false, allErrors: true }).compile(toJsonSchema())

const decode = Schema.decodeUnknownExit(MappingJson, { onExcessProperty: "error" })

const verdicts = Effect.fnUntraced(function* (file: unknown) {
  return {
    editor: validate(file),
    schema: Exit.isSuccess(decode(file)),
    parse: Exit.isSuccess(yield* Effect.exit(MappingFile.parse("m.json", JSON.stringify(file)))),
  }
})

const columns = { Mail: "email" }
const withFormat = (format: unknown) => ({ format, columns })
const withHeader = (said: unknown) => ({ ...columns, a: said })

/** Each is the short form, and the columns of the long one. */
const ofColumns = {
  valid: [
    columns,
    { Mail: { column: "email", choices: ["email"] }, Work: "email", "*": "extra" },
    withHeader("extra.phone"),
    withHeader({ column: "extra.phone", null: ["-"] }),
    withHeader({ column: "created_at", format: "DD/MM/YYYY", null: ["never"], choices: ["DD/MM/YYYY"] }),
    withHeader({ column: "updated_at", format: " epoch-ms " }),
    withHeader({ column: "status", true: ["x"], false: ["-"], null: ["", "?"] }),
    withHeader({ column: "status", null: ["?"] }),
    withHeader({ column: "status", true: ["x"], choices: ["x", "y"] }),
    withHeader({ column: "status", true: ["?", "x"], choices: ["x", "?"] }),
    { ...columns, "*": { column: "extra", null: ["-"] } },
    { ...columns, columns: { column: "first_name", null: ["-"] } },
    { ...columns, format: "gender", columns: "last_name", $schema: "source_id" },
  ],
  invalid: [
    {},
    { a: "first_name" },
    { ...columns, " ": "gender" },
    withHeader("mail"),
    withHeader("extra"),
    withHeader("extra."),
    withHeader("extra. phone"),
    withHeader({ column: "extra" }),
    withHeader({}),
    withHeader(5),
    withHeader(null),
    withHeader(["email"]),
    withHeader("?"),
    withHeader({ column: "?", choices: ["created_at"] }),
    withHeader({ column: "created_at", format: "?", choices: ["DD/MM/YYYY", "MM/DD/YYYY"] }),
    withHeader({ column: "created_at", format: "DD/MM" }),
    withHeader({ column: "created_at", format: 5 }),
    withHeader({ column: "first_name", format: "DD/MM/YYYY" }),
    withHeader({ column: "extra.a", true: ["x"] }),
    withHeader({ column: "status", true: "x" }),
    withHeader({ column: "status", true: [1] }),
    withHeader({ column: "status", true: ["?"], choices: ["x", "y"] }),
    withHeader({ column: "status", true: ["x"], false: ["?"] }),
    withHeader({ column: "status", wahr: ["x"] }),
    withHeader({ column: "first_name", choices: "x" }),
    { Mail: { column: "email", null: ["-"] } },
  ],
}

const ofFormats = {
  valid: [
    {},
    { encoding: "windows-1252", delimiter: ";", quote: null, escape: "backslash", header: ["Mail"], skipLines: 0 },
    { comment: "#", shortRows: "null", trim: false, quotedLines: "keep", nullWords: ["-"], onBadValue: "null" },
    { encoding: "utf-8", choices: { encoding: ["utf-8", "windows-1252"], escape: [] } },
    { delimiter: "\t", quote: "'", comment: null },
    { delimiter: "?" },
    { quote: "?", choices: { delimiter: [";"] } },
    { comment: "?#", choices: { comment: ["#"] } },
    { delimiter: ";", quote: "'", comment: "#", choices: { delimiter: ["?"], quote: ["?"], comment: ["?"] } },
  ],
  invalid: [
    5,
    [],
    { encoding: "?", choices: { encoding: ["windows-1252", "windows-1250"] } },
    { escape: "?" },
    { delimiter: "?", choices: { delimiter: [";"] } },
    { quote: "?", choices: { quote: [] } },
    { comment: "?", choices: { comment: ["#", "?"] } },
    { encoding: "latin1" },
    { encoding: null },
    { delimiter: ";;" },
    { delimiter: '"' },
    { quote: "a" },
    { header: [] },
    { skipLines: -1 },
    { skipLines: 1.5 },
    { "skip-lines": 1 },
    { comment: '"' },
    { trim: "on" },
    { nullWords: "-" },
    { choices: [] },
    { choices: { encoding: "windows-1252" } },
  ],
}

const examples = {
  valid: [
    ...ofColumns.valid,
    ...ofColumns.valid.map((columns) => ({ $schema: "x.json", columns })),
    ...ofFormats.valid.map(withFormat),
    { columns: { column: "email" } },
  ],
  invalid: [
    null,
    [],
    "email",
    ...ofColumns.invalid,
    ...ofColumns.invalid.map((columns) => ({ columns })),
    ...ofFormats.invalid.map(withFormat),
    { columns, frmat: {} },
    { columns, $schema: 5 },
    { columns, a: "gender" },
    { $schema: "x.json", ...columns },
    { columns: { column: "email" }, format: "gender" },
  ],
}

describe("the schema for editors", () => {
  it.effect.each(examples.valid)("takes %j, as parse does", (file) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* verdicts(file), { editor: true, schema: true, parse: true })
    }),
  )

  it.effect.each(examples.invalid)("refuses %j, as parse does", (file) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* verdicts(file), { editor: false, schema: false, parse: false })
    }),
  )

  // A key without a description is one that nobody explained.
  it("describes every key", () => {
    const described = new Set<string>()
    const visit = (schema: unknown): void => {
      if (typeof schema !== "object" || schema === null) return
      const { properties = {} } = schema as { readonly properties?: object }
      for (const [key, of] of Object.entries(properties)) {
        if (JSON.stringify(of).includes('"description"')) described.add(key)
      }
      Object.values(schema).forEach(visit)
    }
    visit(toJsonSchema())
    assert.includeMembers(
      [...described],
      ["$schema", "format", "columns", "choices", ...Object.keys(mappedFields), ...Object.keys(formatFields)],
    )
  })
})
