import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { formatNames, parseNames } from "../../../src/cli/flags/headerNames.ts"

const Name = Schema.Union([
  Schema.String,
  Schema.Literals(["Name, Vorname", " a", "b\t", '"', '""', '5" disk', "auto", "", ","]),
])

describe("the names that --header takes", () => {
  it.prop(
    "are read as they are written, whatever they have",
    { names: Schema.Array(Name).check(Schema.isMinLength(1)) },
    ({ names }) => {
      assert.deepStrictEqual(parseNames(formatNames(names)), names)
      assert.notInclude(["", "auto"], formatNames(names))
    },
    { arbitrary: { runs: 1_000 } },
  )

  it.each([
    ["id, mail ,name", ["id", "mail", "name"]],
    ['"Name, Vorname", "Email" ', ["Name, Vorname", "Email"]],
    ["id,,mail", ["id", "", "mail"]],
    ['"a "quoted" name",b', ['"a "quoted" name"', "b"]],
    ['"a,b', ['"a', "b"]],
  ])("are quoted where they have a comma: %s", (text, names) => {
    assert.deepStrictEqual(parseNames(text), names)
  })

  it("are at least one", () => {
    assert.isUndefined(parseNames("  "))
  })
})
