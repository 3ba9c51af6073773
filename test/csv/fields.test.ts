import { Buffer } from "node:buffer"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { exactFormat } from "../../src/domain/Format.ts"
import { makeFieldParser } from "../../src/csv/fields.ts"
import { rawOf } from "../../src/csv/frame.ts"
import { Framer } from "../../src/csv/Framer.ts"

const Bytes = Schema.Array(
  Schema.Union([
    Schema.Literals([
      "a",
      '"',
      '""',
      '"b"',
      ",",
      ",",
      "\n",
      "\r\n",
      "é",
      "日本",
      "\uFEFF",
      " ",
      "\0",
      "\u2028",
      '\n""\n',
      "#",
      "\\",
    ]),
    Schema.Literals([0x80, 0xc3, 0xff]),
  ]),
).check(Schema.isMaxLength(60))

const isUtf8 = (bytes: Uint8Array) => Buffer.from(Buffer.from(bytes).toString("utf8"), "utf8").equals(bytes)

/** The fields of a legal record, by a pattern instead of a parser. */
const split = (record: string, delimiter: string): ReadonlyArray<string> => {
  const field = new RegExp(`\\${delimiter}(?:"((?:[^"]|"")*)"|([^"\\${delimiter}]*))`, "g")
  return Array.from((delimiter + record).matchAll(field), ([, quoted, plain]) => {
    return quoted === undefined ? plain! : quoted.replaceAll('""', '"')
  })
}

describe("makeFieldParser", () => {
  it.prop(
    "has the fields of every record that the framing calls legal, whatever stands beside it",
    { content: Bytes, delimiter: Schema.Literals([",", ";", "\t", "|", " "]) },
    ({ content, delimiter }) => {
      const parts = content.map((part) =>
        Buffer.from(typeof part === "string" ? part.replaceAll(",", delimiter) : Uint8Array.of(part)),
      )
      const framer = new Framer({
        format: exactFormat(delimiter),
        maxRecordSize: 1000,
        offset: 1,
        line: 1,
        fields: undefined,
      })
      for (const frames of [...framer.push(Buffer.concat(parts)), ...framer.finish()]) {
        const parse = makeFieldParser(exactFormat(delimiter))
        const expected = frames.map((frame) => {
          const { problem } = frame
          if (problem !== undefined) return { problem }
          const raw = rawOf(frame)
          return isUtf8(raw) ? split(Buffer.from(raw).toString("utf8"), delimiter) : { problem: "not valid UTF-8" }
        })
        assert.deepStrictEqual(parse(frames), expected)
        assert.deepStrictEqual(
          frames.flatMap((frame) => parse([frame])),
          expected,
        )
      }
    },
    { arbitrary: { runs: 1000 } },
  )
})
