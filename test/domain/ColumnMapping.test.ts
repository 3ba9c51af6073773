import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as ColumnMapping from "../../src/domain/ColumnMapping.ts"
import { userColumns } from "../../src/domain/User.ts"

const errorOf = (columns: object): ColumnMapping.ColumnMappingError => {
  try {
    ColumnMapping.make(columns as Parameters<typeof ColumnMapping.make>[0])
  } catch (error) {
    assert.instanceOf(error, ColumnMapping.ColumnMappingError)
    return error
  }
  return assert.fail(`${JSON.stringify(columns)} was taken`)
}

describe("ColumnMapping.parse", () => {
  it.effect("reports each unknown column, and lists the valid ones once", () =>
    Effect.gen(function* () {
      const mapping = { mail: "email", first: "firstname", last: "lastname" }
      const error = yield* Effect.flip(ColumnMapping.parse("m.json", JSON.stringify(mapping)))
      assert.deepInclude(error, { reason: "invalid", path: "m.json" })
      assert.deepStrictEqual(error.problems, [
        '"first": "firstname" is not a column',
        '"last": "lastname" is not a column',
        `valid columns are ${userColumns.join(", ")}`,
      ])
      assert.strictEqual(error.message, `m.json: ${error.problems.join("; ")}`)
      const { message: other } = yield* Effect.flip(ColumnMapping.parse("m.json", "{}"))
      assert.strictEqual(other, "m.json: no header maps to email, the key of the users")
    }),
  )

  it.effect("names the place where a text is not JSON", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(ColumnMapping.parse("m.json", '{\n  "Mail": "email",\n}'))
      assert.match(message, /^m\.json is not JSON: .*line 3 column 1/)
      assert.match((yield* Effect.flip(ColumnMapping.parse("m.json", ""))).message, /^m\.json is not JSON: /)
    }),
  )

  it.effect.each(["[]", "null", "1", '"email"'])("refuses %j", (json) =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(ColumnMapping.parse("m.json", json))
      assert.match(message, /^m\.json is not a JSON object of the form \{ /)
    }),
  )

  it.effect("gives what make gives", () =>
    Effect.gen(function* () {
      const columns = { " Mail ": "email", __proto__x: "first_name" } as const
      const parsed = yield* ColumnMapping.parse("m.json", JSON.stringify(columns))
      assert.deepStrictEqual(parsed, ColumnMapping.make(columns))
      assert.deepStrictEqual(
        [...parsed],
        [
          ["Mail", "email"],
          ["__proto__x", "first_name"],
        ],
      )
    }),
  )
})

describe("ColumnMapping.make", () => {
  it.each([
    [{}, ["no header maps to email, the key of the users"]],
    [{ name: "first_name" }, ["no header maps to email, the key of the users"]],
    [{ a: "email", b: "email" }, ['"a" and "b" both map to email']],
    [{ a: "email", " a": "gender" }, ['header "a" appears twice (spaces around a name are ignored)']],
    [
      { " ": "status", x: "toString" },
      [
        "a header name is empty",
        '"x": "toString" is not a column',
        "no header maps to email, the key of the users",
        `valid columns are ${userColumns.join(", ")}`,
      ],
    ],
  ])("throws every problem of %j", (columns, problems) => {
    const error = errorOf(columns)
    assert.deepStrictEqual(error.problems, problems)
    assert.strictEqual(error.message, `The column mapping is wrong: ${problems.join("; ")}`)
  })
})

describe("ColumnMapping.isColumnMapping", () => {
  it("knows what make has made", () => {
    assert.isTrue(ColumnMapping.isColumnMapping(ColumnMapping.make({ mail: "email", name: "first_name" })))
  })

  it.each([
    [{ mail: "email" }],
    [[["mail", "email"]]],
    [null],
    [new Map()],
    [new Map([["name", "first_name"]])],
    [new Map([[" mail", "email"]])],
    [new Map<unknown, unknown>([[1, "email"]])],
    [new Map([["mail", "e-mail"]])],
  ])("refuses %o", (value) => {
    assert.isFalse(ColumnMapping.isColumnMapping(value))
  })
})
