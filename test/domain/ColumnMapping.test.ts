import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { otherMapping, parse } from "../../src/domain/ColumnMapping.ts"
import { userColumns } from "../../src/domain/User.ts"

it.effect("reports each unknown column, and lists the valid ones once", () =>
  Effect.gen(function* () {
    const mapping = { mail: "email", first: "firstname", last: "lastname" }
    const { message } = yield* Effect.flip(parse("m.json", JSON.stringify(mapping)))
    assert.strictEqual(
      message,
      `m.json: "first": "firstname" is not a column; "last": "lastname" is not a column; valid columns are ${userColumns.join(", ")}`,
    )
    const { message: other } = yield* Effect.flip(parse("m.json", "{}"))
    assert.strictEqual(other, "m.json: no header maps to email, the key of the users")
  }),
)

it("counts the files that have another mapping", () => {
  assert.include(otherMapping(["a", "b", "c", "d"]).message, "a, b, c and 1 more file started loading")
  assert.include(otherMapping(["a", "b", "c", "d", "e"]).message, "a, b, c and 2 more files started loading")
})
