import { assert, it } from "@effect/vitest"
import { Schema } from "effect"
import { hang, wrap } from "../../../src/cli/output/wrap.ts"

const Words = Schema.Array(Schema.String.check(Schema.isPattern(/^[a-z,.[\]]{1,30}$/)))
const Width = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40 }))

it.prop(
  "lines are as full as they can be, no longer than the width, and lose no word",
  { words: Words, width: Width },
  ({ words, width }) => {
    const lines = wrap(words.join(" "), width)
    assert.strictEqual(lines.join(""), lines.join("").trim())
    assert.strictEqual(lines.join("").replaceAll(" ", ""), words.join(""))
    for (const [index, line] of lines.entries()) {
      assert.isAtMost(line.length, width)
      const next = lines[index + 1]?.split(" ")[0]
      // What was broken inside of a word fills its line; else the next word did not fit.
      if (next !== undefined) assert.isTrue(line.length === width || line.length + 1 + next.length > width)
    }
  },
)

it("no-break spaces hold together", () => {
  assert.deepStrictEqual(wrap("a [b\u00a0c]", 6), ["a", "[b c]"])
})

it.prop("an indent counts", { words: Words, width: Width }, ({ words, width }) => {
  for (const line of hang("    ", words.join(" "), width + 4)) {
    assert.isTrue(line.startsWith("    "))
    assert.isAtMost(line.length, width + 4)
  }
})
