import { assert, describe, it } from "@effect/vitest"
import { printable, toIndentedJson, toJson } from "../../src/text/printable.ts"

const codes = [0x00, 0x0a, 0x1b, 0x7f, 0x80, 0x9b, 0x9f, 0x061c, 0x200e, 0x200f, 0x202a, 0x202e, 0x2066, 0x2069]
const unsafe = String.fromCharCode(...codes)
const escaped = codes.map((code) => `\\u${code.toString(16).padStart(4, "0")}`).join("")
const isUnsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/

describe("printable", () => {
  it("shows characters that a terminal obeys or that turn text, and leaves all others", () => {
    assert.strictEqual(printable(unsafe), escaped)
    assert.strictEqual(printable("é 😀 日 עברית \u00a0"), "é 😀 日 עברית \u00a0")
  })
})

describe("JSON", () => {
  const value = { [unsafe]: [unsafe, 1, null], text: 'é "\\' }

  it("has them as escapes, in names and values, and means the same", () => {
    assert.notMatch(toJson(value), isUnsafe)
    assert.deepStrictEqual(JSON.parse(toJson(value)), value)
    assert.strictEqual(toJson({ a: 'é "\\' }), JSON.stringify({ a: 'é "\\' }))
  })

  it("is indented as JSON.stringify does it", () => {
    assert.notMatch(toIndentedJson(value).replaceAll("\n", ""), isUnsafe)
    assert.deepStrictEqual(JSON.parse(toIndentedJson(value)), value)
    assert.strictEqual(toIndentedJson([{ a: 1 }]), JSON.stringify([{ a: 1 }], null, 2))
  })
})
