import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { encodeText } from "../../src/source/encodeText.ts"

const decode = (bytes: Uint8Array) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)

describe("encodeText", () => {
  it.prop("is UTF-8, except where the text cannot be", { text: Schema.String }, ({ text }) => {
    const bytes = encodeText(text)
    if (text.isWellFormed()) assert.strictEqual(decode(bytes), text)
    else assert.throws(() => decode(bytes))
  })

  it.each([
    ["\ud800", [0xff]],
    ["a\udc00b", [0x61, 0xff, 0x62]],
    ["\ud800\ud83d\ude00\ud800", [0xff, 0xf0, 0x9f, 0x98, 0x80, 0xff]],
  ])("marks half of a surrogate pair: %j", (text, bytes) => {
    assert.deepStrictEqual([...encodeText(text)], bytes)
  })
})
