import { Buffer } from "node:buffer"
import { assert, describe, it } from "@effect/vitest"
import type { Encoding } from "../../src/domain/encoding.ts"
import { findEncoding } from "../../src/csv/findEncoding.ts"

const find = (text: string, given?: Encoding, isWhole = true) =>
  findEncoding({ bytes: Buffer.from(text, "latin1"), isWhole }, given)

const plain = { encoding: "utf-8", byteOrderMark: false } as const

describe("findEncoding", () => {
  it.each([
    ["\xef\xbb\xbfa", "utf-8"],
    ["\xff\xfea\0", "utf-16le"],
    ["\xfe\xff\0a", "utf-16be"],
  ] as const)("a byte order mark decides, whatever is given: %j", (text, encoding) => {
    for (const given of [undefined, "windows-1252", "utf-8"] as const) {
      assert.deepStrictEqual(find(text, given), { encoding, byteOrderMark: true })
    }
  })

  it("the one that is given is taken as it is", () => {
    assert.deepStrictEqual(find("Jos\xe9", "windows-1250"), { encoding: "windows-1250", byteOrderMark: false })
  })

  it.each([
    "",
    "a",
    "Jos\xc3\xa9",
    "Jos\xe9 \xc3\xa9",
    "\xe6\x97\xa5",
    "\xf0\x9f\x98\x80",
    "\xed\x9f\xbf",
    "\xf4\x8f\xbf\xbf",
  ])("%j may be UTF-8", (text) => assert.deepStrictEqual(find(text), plain))

  it.each([
    "Jos\xe9,",
    "\xe9\xe9\xe9",
    "\x80",
    "\xc0\x80 ",
    "\xc3,\xa9",
    "\xe0\x80\x80 ",
    "\xed\xa0\x80 ",
    "\xf0\x80\x80\x80 ",
    "\xf4\x90\x80\x80 ",
    "\xf5\x80\x80\x80 ",
    "\xff\xfe\0\0a\0\0\0",
    "\0\0\xfe\xff\0\0\0a",
  ])("%j is none that can be told", (text) => assert.isUndefined(find(text)))

  it("a sequence that the sample cuts off is no proof against UTF-8, but one that the file ends in", () => {
    for (const cut of ["\xc3", "\xe6\x97", "\xf0\x9f\x98"]) {
      assert.deepStrictEqual(find(`a${cut}`, undefined, false), plain)
      assert.isUndefined(find(`a${cut}`))
    }
    assert.isUndefined(find("Jos\xe9,", undefined, false))
    assert.isUndefined(find("Jos\xe9, \xc3", undefined, false))
  })
})
