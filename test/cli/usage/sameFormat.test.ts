import { assert, describe, it } from "@effect/vitest"
import { sameFormat } from "../../../src/cli/usage/sameFormat.ts"
import { type Format, formatBy, plainFormat } from "../../../src/domain/Format.ts"

const flagsOf = (format: Partial<Format>, header: string | Uint8Array) =>
  sameFormat({ ...plainFormat, ...format }, Buffer.from(header), false)

describe("sameFormat", () => {
  it("names nothing that a file shows", () => {
    assert.strictEqual(flagsOf({}, "id,email"), "")
    for (const delimiter of [",", ";", "\t", "|"]) assert.strictEqual(flagsOf({ delimiter }, `id${delimiter}email`), "")
    assert.strictEqual(flagsOf({}, "email"), "")
    const utf16 = { encoding: "utf-16le", byteOrderMark: true, delimiter: "\t" } as const
    assert.strictEqual(flagsOf(utf16, Buffer.from("id\temail", "utf16le")), "")
    assert.strictEqual(flagsOf({ lineEnd: "CRLF", headerLine: 7 }, "id,email"), "")
  })

  it("names a delimiter that the header does not show", () => {
    assert.strictEqual(flagsOf({ delimiter: ";" }, 'id;"Last, first";email'), " --delimiter ';'")
    assert.strictEqual(flagsOf({ delimiter: ";" }, "email"), " --delimiter ';'")
    assert.strictEqual(flagsOf({ delimiter: "\t" }, "id\ta,b"), " --delimiter '\\t'")
    assert.strictEqual(flagsOf({ delimiter: " " }, "id email"), " --delimiter ' '")
    assert.strictEqual(flagsOf({ delimiter: "\x7f" }, "id\x7femail"), " --delimiter '\\x7f'")
    assert.strictEqual(flagsOf({ delimiter: "-" }, "id-email"), " --delimiter=-")
    // The second byte of a character is that of a bar.
    const header = Uint8Array.of(0x83, 0x7c, ...Buffer.from(",email"))
    assert.strictEqual(flagsOf({ encoding: "shift_jis" }, header), " --encoding shift_jis")
  })

  it("names all of the rest, as a shell takes it", () => {
    const format = formatBy({
      encoding: "windows-1252",
      delimiter: ";",
      quote: null,
      escape: "backslash",
      header: ["-id", "it's", "email"],
      comment: "#",
      shortRows: "null",
      trim: false,
      quotedLines: "keep",
    })
    assert.strictEqual(
      sameFormat(format, Buffer.from("-id;it's;email"), false),
      " --encoding windows-1252 --delimiter ';' --quote none --escape backslash --header='-id,it'\\''s,email' --comment '#' --short-rows null --trim off --quoted-lines keep",
    )
  })

  it("quotes a given name that has a comma", () => {
    const format = formatBy({ header: ["Name, Vorname", "Email"] })
    assert.strictEqual(
      sameFormat(format, Buffer.from("Name, Vorname,Email"), false),
      ` --delimiter , --header '"Name, Vorname",Email'`,
    )
  })

  it("says that no lines are before the header, where a number of them was given", () => {
    assert.strictEqual(sameFormat(formatBy({ skipLines: 6 }), Buffer.from("id,email"), false), " --skip-lines 0")
  })

  it("names what was given though it is usual: the mapping may say otherwise", () => {
    const format = formatBy({
      encoding: undefined,
      delimiter: undefined,
      quote: '"',
      escape: "doubled",
      header: undefined,
      skipLines: undefined,
      comment: null,
      shortRows: "reject",
      trim: true,
      quotedLines: "reject",
      nullWords: [],
      onBadValue: "reject",
    })
    assert.strictEqual(
      sameFormat(format, Buffer.from("id,email"), false),
      " --encoding utf-8 --delimiter , --quote '\"' --escape doubled --header auto --skip-lines 0 --comment none --short-rows reject --trim on --quoted-lines reject --null '' --on-bad-value reject",
    )
  })

  it("names the escapes that a file may seem to have", () => {
    assert.strictEqual(sameFormat(plainFormat, Buffer.from("id,email"), true), " --escape doubled")
  })
})
