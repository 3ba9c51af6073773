import { Buffer } from "node:buffer"
import { assert, describe, it } from "@effect/vitest"
import { plainFormat } from "../../src/domain/Format.ts"
import { findLineEnd, lineEndBefore, lineEndOfMost } from "../../src/csv/findLineEnd.ts"
import { Framer } from "../../src/csv/Framer.ts"
import { textOf } from "../../src/csv/Text.ts"

const texts: ReadonlyArray<readonly [string, ReturnType<typeof findLineEnd>]> = [
  ["", "LF"],
  ["a", "LF"],
  ["a\nb\n\n", "LF"],
  ["a\r\nb\r\n\r\n", "CRLF"],
  ["a\r\r\nb\r\nc", "CRLF"],
  ["a\rb\r\rc", "CR"],
  ["a\nb\r\n", undefined],
  ["a\r\nb\n", undefined],
  ["a\r\nb\r", undefined],
  ["a\rb\n", undefined],
  ["a\nb\r", undefined],
]

describe("findLineEnd", () => {
  it.each(texts)("%j", (text, expected) => {
    const wide = Buffer.from(text, "utf16le")
    assert.strictEqual(findLineEnd(Buffer.from(text), textOf("utf-8")), expected)
    assert.strictEqual(findLineEnd(wide, textOf("utf-16le")), expected)
    assert.strictEqual(findLineEnd(Buffer.from(wide).swap16(), textOf("utf-16be")), expected)
  })

  it("takes no longer for a million carriage returns", () => {
    const start = process.cpuUsage()
    assert.strictEqual(findLineEnd(Buffer.from("\r".repeat(2 ** 20)), textOf("utf-8")), "CR")
    const { system, user } = process.cpuUsage(start)
    assert.isBelow(user + system, 3_000_000)
  })

  it("takes no half of another character, or of two, for a line end", () => {
    const wide = Buffer.from("\u0d00\u0a00\u0a0d\u000a\u0100\u0a41\u0100\u0d41\u0100\n", "utf16le")
    assert.strictEqual(findLineEnd(wide, textOf("utf-16le")), "LF")
    assert.strictEqual(findLineEnd(Buffer.from(wide).swap16(), textOf("utf-16be")), "LF")
  })
})

describe("lineEndOfMost", () => {
  it.each([
    ['a,"1\r\n2\r\n3"\nb\n', "LF"],
    ["a\nb\r\nc\r\n", "CRLF"],
    ["a\nb\nc\r\nd\r", "LF"],
    ["a\rb\rc\n", "CR"],
    ["a\nb\r\n", "CRLF"],
    ["a\nb\r\r\nc", "CRLF"],
    ['x"\ny"\na\r\n', "CRLF"],
    ['x"\ny', undefined],
  ] as const)("%j", (text, expected) => {
    for (const encoding of ["utf-8", "utf-16le"] as const) {
      const format = { ...plainFormat, encoding }
      const framer = new Framer({ format, maxRecordSize: 100, offset: 0, line: 1, fields: undefined })
      const bytes = Buffer.from(text, encoding === "utf-8" ? "utf8" : "utf16le")
      const frames = [...framer.push(bytes), ...framer.finish()].flat()
      assert.strictEqual(lineEndOfMost(frames, textOf(encoding)), expected)
    }
  })
})

describe("lineEndBefore", () => {
  it.each([
    ["a\n", "LF"],
    ["a\r\n", "CRLF"],
    ["a\n\r", "CR"],
    ["a", undefined],
    ["", undefined],
  ] as const)("%j", (text, expected) => {
    const wide = Buffer.from(text, "utf16le")
    assert.strictEqual(lineEndBefore(Buffer.from(text), text.length, textOf("utf-8")), expected)
    assert.strictEqual(lineEndBefore(wide, wide.length, textOf("utf-16le")), expected)
    assert.strictEqual(lineEndBefore(Buffer.from(wide).swap16(), wide.length, textOf("utf-16be")), expected)
  })
})
