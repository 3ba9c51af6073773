import { Buffer } from "node:buffer"
import { assert, describe, it } from "@effect/vitest"
import { type Encoding, encodings } from "../../src/domain/encoding.ts"
import { byteOrderMark, hasAt, includes, textOf } from "../../src/csv/Text.ts"

/** Bytes beyond ASCII, by the tables of https://encoding.spec.whatwg.org. */
const known: Readonly<Record<Encoding, readonly [bytes: string, text: string]>> = {
  "utf-8": ["c3a9e697a5f09f9880", "é日😀"],
  "utf-16le": ["e900e5653dd800de", "é日😀"],
  "utf-16be": ["00e965e5d83dde00", "é日😀"],
  ibm866: ["808fe0f0", "АПрЁ"],
  "iso-8859-2": ["a1b1e8", "Ąąč"],
  "iso-8859-3": ["a6b6d8", "ĤĥĜ"],
  "iso-8859-4": ["a2bde0", "ĸŊā"],
  "iso-8859-5": ["b0a1f1", "АЁё"],
  "iso-8859-6": ["c7ac", "ا،"],
  "iso-8859-7": ["c1e1a4", "Αα€"],
  "iso-8859-8": ["e0fa", "את"],
  "iso-8859-8-i": ["e0fa", "את"],
  "iso-8859-10": ["a1a8c8", "ĄĻČ"],
  "iso-8859-13": ["a8b8c0", "ØøĄ"],
  "iso-8859-14": ["a1d0f0", "ḂŴŵ"],
  "iso-8859-15": ["a4a6bd", "€Šœ"],
  "iso-8859-16": ["a4aade", "€ȘȚ"],
  "koi8-r": ["c1e1b3", "аАЁ"],
  "koi8-u": ["a4b4e1", "єЄА"],
  macintosh: ["8e8adb", "éä€"],
  "windows-874": ["a180", "ก€"],
  "windows-1250": ["8a9ce8", "Šśč"],
  "windows-1251": ["c0e0a8", "АаЁ"],
  "windows-1252": ["80e99f81", "€éŸ\u0081"],
  "windows-1253": ["c1e180", "Αα€"],
  "windows-1254": ["d0ddfe", "Ğİş"],
  "windows-1255": ["e0faa4", "את₪"],
  "windows-1256": ["c781", "اپ"],
  "windows-1257": ["c0e0d0", "ĄąŠ"],
  "windows-1258": ["d0f5fe", "Đơ₫"],
  "x-mac-cyrillic": ["80dfe0ff", "Аяа€"],
  shift_jis: ["835c955c8f5cb1", "ソ表十ｱ"],
  "euc-jp": ["a4a2c6fc8eb1", "あ日ｱ"],
  "euc-kr": ["b0a1b0a2", "가각"],
  gbk: ["c4e3815c80", "你乗€"],
  gb18030: ["c4e3817c9439fc36", "你亅😀"],
  big5: ["a440a4a4", "一中"],
}

const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"))

describe("textOf", () => {
  it.each(encodings.map((encoding) => [encoding] as const))("%s reads known bytes, and ASCII as it is", (encoding) => {
    const { decode, encode } = textOf(encoding)
    const [hex, text] = known[encoding]
    assert.strictEqual(decode(bytesOf(hex)), text)
    const ascii = 'a,"|\\~;\t\r\n'
    assert.strictEqual(decode(encode(ascii)), ascii)
  })

  it.each([
    ["utf-8", ["c3", "c080", "eda080", "ff", "f4908080"]],
    ["utf-16le", ["41", "00d8", "00dc4100", "00d84100"]],
    ["utf-16be", ["00", "d800", "dc000041"]],
    ["windows-1253", ["aa"]],
    ["windows-874", ["db"]],
    ["iso-8859-3", ["a5"]],
    ["shift_jis", ["83", "832c", "8530", "fd"]],
    ["euc-jp", ["a4", "a42c", "8e2c"]],
    ["euc-kr", ["b0", "b02c", "ff"]],
    ["gbk", ["81", "812c", "ff"]],
    ["gb18030", ["81", "8130", "81308130ff", "8130812c"]],
    ["big5", ["a4", "a42c", "80"]],
  ] as const)("%s reads nothing that is broken", (encoding, broken) => {
    for (const hex of broken) assert.isUndefined(textOf(encoding).decode(bytesOf(hex)), hex)
  })

  it("knows the first bytes of characters whose second one may be ASCII", () => {
    const missed: Array<string> = []
    for (const encoding of encodings) {
      const { decode, isLead, width } = textOf(encoding)
      if (width === 2) continue
      for (let first = 0x80; first < 256; first++) {
        const hidden = ["\\", "|", "@", "~", "A", "0"].filter((character) => {
          const text = decode(Uint8Array.of(first, character.charCodeAt(0)))
          return text !== undefined && !text.endsWith(character)
        })
        if (hidden.length > 0 && !isLead(first)) missed.push(`${encoding} ${first.toString(16)}`)
      }
    }
    assert.deepStrictEqual(missed, [])
  })

  it("has a byte order mark in the encodings of Unicode, and reads it as one character", () => {
    for (const encoding of encodings) {
      const text = textOf(encoding)
      if (text.byteOrderMark.length > 0) assert.strictEqual(text.decode(text.byteOrderMark), byteOrderMark)
    }
    assert.deepStrictEqual(
      encodings.filter((encoding) => textOf(encoding).byteOrderMark.length > 0),
      ["utf-8", "utf-16le", "utf-16be", "gb18030"],
    )
  })
})

describe("hasAt and includes", () => {
  it("find a part, and say where bytes end before it", () => {
    const bytes = Uint8Array.of(1, 2, 1, 3)
    assert.deepStrictEqual(
      [0, 2, 1, 3].map((index) => hasAt(bytes, index, Uint8Array.of(1, 3))),
      [false, true, false, false],
    )
    assert.isUndefined(hasAt(bytes, 3, Uint8Array.of(3, 1)))
    assert.isTrue(includes(bytes, Uint8Array.of(1, 3)))
    assert.isFalse(includes(bytes, Uint8Array.of(3, 1)))
  })
})
