import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { byName, type SourceFile } from "../../src/domain/SourceFile.ts"

const Text = Schema.String.check(Schema.makeFilter((text: string) => text.isWellFormed()))

describe("byName", () => {
  it.prop("is the order of UTF-8 bytes", { a: Text, b: Text, same: Text }, ({ a, b, same }) => {
    for (const [left, right] of [
      [a, b],
      [same + a, same + b],
      [a, a + b],
      ["\u{1f600}" + a, "\uffee" + b],
    ] as const) {
      const file = (uri: string) => ({ uri }) as SourceFile
      const expected = Math.sign(Buffer.compare(Buffer.from(left), Buffer.from(right)))
      assert.strictEqual(Math.sign(byName(file(left), file(right))), expected)
      assert.strictEqual(Math.sign(byName(file(right), file(left))), expected === 0 ? 0 : -expected)
    }
  })
})
