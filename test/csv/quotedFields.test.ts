import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { type Options, parse } from "csv-parse/sync"
import { type Format, plainFormat } from "../../src/domain/Format.ts"
import { makeQuotedSplit, startOfField } from "../../src/csv/quotedFields.ts"
import { DrawnField, writeField } from "./drawnFormats.ts"

const fieldsOf = (format: Format) => {
  const split = makeQuotedSplit(format, (field, length) => Array.from({ length }, (_, index) => field(index)))
  return (text: string) => split(text)
}

/** Formats whose options mean the same to csv-parse: no escapes, no blanks around fields, no `\N`. */
const Common = Schema.Struct({
  delimiter: Schema.Literals([",", ";", "\t", "|", " ", "\x01", "\\"]),
  quote: Schema.Literals(['"', "'", "`"]),
})

const Records = Schema.Array(Schema.Array(DrawnField).check(Schema.isMinLength(1), Schema.isMaxLength(4))).check(
  Schema.isMaxLength(6),
)

describe("makeQuotedSplit", () => {
  it.prop(
    "reads what csv-parse reads",
    { common: Common, records: Records, isEnded: Schema.Boolean },
    ({ common, records, isEnded }) => {
      const format: Format = { ...plainFormat, ...common, trim: false, backslashN: false }
      // A line without text is no record of ours.
      const lines = records.map(
        (fields) =>
          `k${common.delimiter}${fields.map((field) => writeField(field, format).written).join(common.delimiter)}`,
      )
      const text = lines.join("\n") + (isEnded && lines.length > 0 ? "\n" : "")
      const options: Options = {
        delimiter: common.delimiter,
        quote: common.quote,
        escape: common.quote,
        record_delimiter: "\n",
        relax_column_count: true,
      }
      assert.deepStrictEqual(fieldsOf(format)(text), parse(text, options))
    },
    { arbitrary: { runs: 1000, size: 200 } },
  )

  it.each([
    // What csv-parse does not read so.
    ["blanks around", {}, 'a , "b" ,\tc\t, d e ,"\t"', ["a", "b", "c", "d e", "\t"]],
    ["no-break spaces are text", {}, '\u00a0a\u00a0,"b"', ["\u00a0a\u00a0", "b"]],
    ["blanks that are kept", { trim: false }, 'a ,"b", c', ["a ", "b", " c"]],
    ["a tab delimiter", { delimiter: "\t" }, ' a \t"b" \t\t c', ["a", "b", "", "c"]],
    ["a space delimiter", { delimiter: " " }, '\ta "b c"  d', ["a", "b c", "", "d"]],
    ["\\N, quoted or not", {}, '\\N, \\N ,"\\N",\\n,\\NN', ["", "", "\\N", "\\n", "\\NN"]],
    ["\\N of an earlier version", { backslashN: false }, '\\N,"x"', ["\\N", "x"]],
    [
      "escapes",
      { escape: "backslash" },
      '"a\\"b",c\\,d,\\\\,e\\\nf,"\\N",\\N,O\\\\Hara',
      ['a"b', "c,d", "\\", "e\nf", "N", "", "O\\Hara"],
    ],
    ["named escapes", { escape: "backslash" }, '\\n\\t\\r\\b\\0\\Z\\x,"\\n"', ["\n\t\r\b\0\x1ax", "\n"]],
    ["escaped blanks", { escape: "backslash" }, " \\ a\\  ,b", [" a ", "b"]],
    ["an escaped line end", { escape: "backslash" }, "a\\\r\nb,c", ["a\r\nb", "c"]],
    ["doubled quotes beside escapes", { escape: "backslash" }, '"a""b\\""', ['a"b"']],
    ["no quotes", { quote: null }, '"a", b"c ,\'', ['"a"', 'b"c', "'"]],
    ["another quote", { quote: "'" }, `'a,''b''', "c"`, ["a,'b'", '"c"']],
    ["an empty end", {}, '"a",', ["a", ""]],
  ] as ReadonlyArray<readonly [string, Partial<Format>, string, ReadonlyArray<string>]>)(
    "reads %s",
    (_, more, text, expected) => {
      const read = fieldsOf({ ...plainFormat, ...more })
      assert.deepStrictEqual(read(text), [[...expected]])
      assert.deepStrictEqual(read(`${text}\n${text}\n`), [[...expected], [...expected]])
    },
  )

  it("says where text is that belongs to no field", () => {
    const problem = { problem: "text after a closing quote" }
    assert.deepStrictEqual(fieldsOf(plainFormat)('"a" b,c'), problem)
    assert.deepStrictEqual(fieldsOf({ ...plainFormat, trim: false })('"a" ,c'), problem)
    assert.deepStrictEqual(fieldsOf(plainFormat)('"a'), problem)
  })

  it("takes a million escaped quotes in less than a second or two", () => {
    const start = process.cpuUsage()
    const text = `"${'\\"'.repeat(1_000_000)}","${'""'.repeat(1_000_000)}"`
    const [fields] = fieldsOf({ ...plainFormat, escape: "backslash" })(text) as ReadonlyArray<ReadonlyArray<string>>
    assert.deepStrictEqual(
      fields!.map((field) => field.length),
      [1_000_000, 1_000_000],
    )
    const { system, user } = process.cpuUsage(start)
    assert.isBelow(user + system, 5_000_000)
  })
})

describe("startOfField", () => {
  it("is where the field begins that has a character", () => {
    const text = 'a,"b\nc", d\\,e,f'
    const starts = Array.from(text, (_, index) => startOfField(text, { ...plainFormat, escape: "backslash" }, index))
    assert.deepStrictEqual(
      [...new Set(starts)].map((start) => text.slice(start, start + 3)),
      ['a,"', '"b\n', " d\\", "f"],
    )
  })
})
