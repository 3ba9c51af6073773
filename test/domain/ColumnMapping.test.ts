import { assert, describe, it } from "@effect/vitest"
import * as ColumnMapping from "../../src/domain/ColumnMapping.ts"
import { signature } from "../../src/domain/otherMapping.ts"
import { fieldColumns } from "../../src/domain/fileColumns.ts"

const errorOf = (columns: object): ColumnMapping.ColumnMappingError => {
  try {
    ColumnMapping.make(columns as Parameters<typeof ColumnMapping.make>[0])
  } catch (error) {
    assert.instanceOf(error, ColumnMapping.ColumnMappingError)
    return error
  }
  return assert.fail(`${JSON.stringify(columns)} was taken`)
}

describe("what a mapping says of a column", () => {
  const said = {
    Joined: { column: "created_at", format: "DD/MM/YYYY", null: ["never"] },
    State: { column: "status", true: ["aktiv"], false: ["gesperrt"], null: ["?"] },
    Nickname: { column: "first_name", null: ["n/a", "-"] },
    Mail: { column: "email" },
  } as const

  it("is kept as it is written", () => {
    const made = ColumnMapping.make(said)
    assert.deepStrictEqual<unknown>(Object.fromEntries(made), said)
    assert.isTrue(ColumnMapping.isColumnMapping(made))
  })

  it("is part of the signature, which is that of the column alone where nothing is said", () => {
    const plain = ColumnMapping.make({ Mail: "email", Joined: "created_at" })
    const withFormat = (format: string) =>
      ColumnMapping.make({ Mail: { column: "email" }, Joined: { column: "created_at", format } })
    assert.strictEqual(signature(plain), '[["Joined","created_at"],["Mail","email"]]')
    assert.notStrictEqual(signature(withFormat("DD/MM/YYYY")), signature(plain))
    assert.notStrictEqual(signature(withFormat("DD/MM/YYYY")), signature(withFormat("MM/DD/YYYY")))
  })

  it.each([
    [{ a: { column: "created_at", format: "DD/MMM/" } }, ['"a": format has no year: YYYY or YY']],
    [
      { a: { column: "updated_at", format: "yyyy-MM-DD" } },
      [
        '"a": format has "yyyy", which is no token: valid are YYYY, YY, MMMM, MMM, MM, M, DD, D, HH, H, hh, h, mm, ss, S, A, Z, or epoch, epoch-ms or excel alone',
      ],
    ],
    [
      { a: { column: "first_name", format: "DD/MM/YYYY", true: ["x"] } },
      ['"a": format is not for first_name, which takes "null"', '"a": true is not for first_name, which takes "null"'],
    ],
    [{ a: { column: "email", null: ["-"] } }, ['"a": null is not for email, which takes no words']],
    [
      { a: { column: "status", true: ["x"], null: ["X"] }, b: { column: "gender", null: "-" } },
      ['"a": has "X" both for true and for null', '"b": null must be a list of words'],
    ],
    [
      { a: { column: "last_name", null: [1] }, b: { column: "created_at", format: 5 } },
      ['"a": null.0 must be a text', '"b": format must be a text'],
    ],
    [{ a: { column: "status", wahr: ["x"] } }, ['"a": wahr is no key: valid are column, format, true, false, null']],
    [
      { a: { column: "mail" }, b: {}, c: 5, d: null },
      [
        '"a": "mail" is not a column',
        '"b": lacks "column"',
        '"c": 5 is not a column',
        '"d": null is not a column',
        `valid columns are ${fieldColumns.join(", ")}, extra.NAME`,
      ],
    ],
  ] as ReadonlyArray<readonly [object, ReadonlyArray<string>]>)(
    "refuses %j with every problem",
    (columns, problems) => {
      assert.deepStrictEqual(errorOf({ Mail: "email", ...columns }).problems, problems)
    },
  )
})

describe("ColumnMapping.make", () => {
  it.each([
    [{}, ["no header maps to email, the key of the users"]],
    [{ name: "first_name" }, ["no header maps to email, the key of the users"]],
    [
      { a: "email", b: "extra", "*": "extra", c: "extra.", d: "extra. x", e: { column: "extra.x", true: ["y"] } },
      [
        '"b": extra is for "*": write "extra.NAME" for one header',
        '"c": "extra." has no name that can be kept after extra.: one without blanks around it',
        '"d": "extra. x" has no name that can be kept after extra.: one without blanks around it',
        '"e": true is not for extra.x, which takes "null"',
        `valid columns are ${fieldColumns.join(", ")}, extra.NAME`,
      ],
    ],
    [{ a: "email", " a": "gender" }, ['header "a" appears twice (spaces around a name are ignored)']],
    [
      { " ": "status", x: "toString" },
      [
        "a header name is empty",
        '"x": "toString" is not a column',
        "no header maps to email, the key of the users",
        `valid columns are ${fieldColumns.join(", ")}, extra.NAME`,
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
