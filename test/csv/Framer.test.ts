import { Buffer } from "node:buffer"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { type Format, plainFormat } from "../../src/domain/Format.ts"
import { makeFieldParser } from "../../src/csv/fields.ts"
import { type Frame, rawOf } from "../../src/csv/frame.ts"
import type { FieldCounts } from "../../src/csv/FieldCounts.ts"
import { Framer } from "../../src/csv/Framer.ts"
import {
  between,
  bytesOf,
  DrawnField,
  DrawnFormat,
  encodeText,
  formatOf,
  isWide,
  lineEndsOf,
  referenceFrames,
  Tokens,
  writeField,
} from "./drawnFormats.ts"

const encode = (text: string) => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)

interface Options {
  readonly format: Format
  readonly maxRecordSize: number
  readonly fields: FieldCounts | undefined
}

const frameAll = (bytes: Uint8Array, sizes: ReadonlyArray<number>, options: Options) => {
  const framer = new Framer({ ...options, offset: 0, line: 1 })
  const frames: Array<Frame> = []
  let position = 0
  // Pieces of one memory, as sources give them, which is not the framer's to write to.
  const pieces = bytes.slice()
  for (let turn = 0; position < bytes.length; turn++) {
    const size = sizes.length === 0 ? bytes.length : sizes[turn % sizes.length]!
    frames.push(...[...framer.push(pieces.subarray(position, position + size))].flat())
    position += size
  }
  frames.push(...[...framer.finish()].flat())
  assert.deepStrictEqual(pieces, bytes)
  const { blankRows } = framer
  return { blankRows, frames: frames.filter(({ row }) => row !== "blank") }
}

/** As the bytes come whole, byte by byte, and in the pieces given. */
const inEveryWay = (bytes: Uint8Array, sizes: ReadonlyArray<number>, options: Options) =>
  [[], [1], sizes].map((sizes) => frameAll(bytes, sizes, options))

const countLineEnds = (text: string, format: Format) => text.match(new RegExp(lineEndsOf(format), "g"))?.length ?? 0

const Sizes = Schema.Array(between(1, 40)).check(Schema.isMaxLength(5))
const LineEnd = Schema.Literals(["\n", "\r\n", "\r", "\n\n", "\r\n\r\n\n"])
const MaxRecordSize = between(1, 60)
const Counts = Schema.UndefinedOr(Schema.Struct({ named: between(1, 3), unnamed: between(0, 1) }))
const countsOf = (counts: typeof Counts.Type): FieldCounts | undefined =>
  counts && { named: counts.named, all: counts.named + counts.unnamed }

const DrawnRecords = Schema.Array(
  Schema.Struct({ fields: Schema.Tuple([DrawnField, DrawnField]), end: LineEnd }),
).check(Schema.isMaxLength(12))

/** Fields with everything inside, as they are written and as they are meant. */
const values = ["", "a", "Zoë", "x y", "日本", '"', ",", '",', "a,b", 'a "b" c'] as const
const valuesWithLineEnds = ["line\nbreak", "\r\n", "cr\rcr", '"\n",\r'] as const
const isPlain = (value: string) => !/[",\r\n]/.test(value)
const write = ({ value, isQuoted }: { readonly value: string; readonly isQuoted: boolean }) =>
  isQuoted || !isPlain(value) ? `"${value.replaceAll('"', '""')}"` : value

const Field = Schema.Struct({ value: Schema.Literals([...values, ...valuesWithLineEnds]), isQuoted: Schema.Boolean })
/** Not blank. */
const Key = Schema.Struct({ value: Schema.Literal("k"), isQuoted: Schema.Boolean })
const Records = Schema.Array(Schema.Struct({ fields: Schema.Tuple([Key, Field, Field]), end: LineEnd })).check(
  Schema.isMaxLength(30),
)
const OneLineField = Schema.Struct({ value: Schema.Literals(values), isQuoted: Schema.Boolean })
const OneLineRecords = Schema.Array(
  Schema.Struct({ fields: Schema.Tuple([Key, OneLineField, OneLineField]), end: LineEnd }),
).check(Schema.isMaxLength(8))

const three: Options = { format: plainFormat, maxRecordSize: 300, fields: { named: 3, all: 3 } }
const two = { ...three, fields: { named: 2, all: 2 } }

describe("Framer", () => {
  it.prop(
    "frames any records of any format, however the bytes are cut, and their fields are what was written",
    { drawn: DrawnFormat, records: DrawnRecords, sizes: Sizes, isEnded: Schema.Boolean },
    ({ drawn, records, sizes, isEnded }) => {
      const format = formatOf(drawn)
      const fields = records.map(({ fields }) => fields.map((field) => writeField(field, format)))
      const texts = fields.map((fields) => ["k", ...fields.map(({ written }) => written), "z"].join(format.delimiter))
      const bytesOf = (text: string) => Uint8Array.from(encodeText(text, format))
      let text = ""
      const expected = texts.map((written, index) => {
        const raw = bytesOf(written)
        const [offset, line] = [bytesOf(text).length, 1 + countLineEnds(text, format)]
        text += written + (index + 1 < texts.length || isEnded ? records[index]!.end : "")
        return { offset, line, raw, length: raw.length, problem: undefined }
      })
      for (const { frames } of inEveryWay(bytesOf(text), sizes, { format, maxRecordSize: 1000, fields: undefined })) {
        assert.deepStrictEqual(
          frames.map(({ length, line, offset, problem, ...frame }) => {
            return { offset, line, raw: rawOf({ ...frame, length, line, offset, problem }).slice(), length, problem }
          }),
          expected,
        )
        assert.deepStrictEqual(
          makeFieldParser(format)(frames),
          fields.map((fields) =>
            ["k"].concat(
              fields.map(({ value }) => value),
              "z",
            ),
          ),
        )
      }
    },
    { arbitrary: { runs: 1000, size: 300 } },
  )

  it.prop(
    "is the grammar's on any bytes in any format, at any limit, however the bytes are cut: each is in one place",
    { drawn: DrawnFormat, tokens: Tokens, sizes: Sizes, maxRecordSize: MaxRecordSize, counts: Counts },
    ({ drawn, tokens, sizes, maxRecordSize, counts }) => {
      const format = formatOf(drawn)
      const bytes = bytesOf(tokens, format)
      const fields = countsOf(counts)
      const width = isWide(format) ? 2 : 1
      const expected = referenceFrames(bytes, format, maxRecordSize, fields)
      for (const { blankRows, frames } of inEveryWay(bytes, sizes, { format, maxRecordSize, fields })) {
        assert.deepStrictEqual(
          frames.map(({ length, nextOffset, offset, problem, row }) => ({
            start: offset / width,
            end: (offset + length) / width,
            next: nextOffset / width,
            kind: problem !== undefined ? "reject" : row === "short" ? "short" : "record",
          })),
          [...expected.frames],
        )
        assert.strictEqual(blankRows, expected.blankRows)
        for (const frame of frames) {
          const { length, offset } = frame
          assert.deepStrictEqual(rawOf(frame), bytes.slice(offset, offset + Math.min(length, maxRecordSize)))
        }
      }
    },
    { arbitrary: { runs: 2000, size: 1000 } },
  )

  const damages = {
    "a stray quote": ['x"y,c,d', ["a quote inside an unquoted field"]],
    "text after a closing quote": ['1,"x"y,z', ["text after a closing quote"]],
    "too few fields": ["a,b", ["2 fields where the header has 3 (--short-rows null reads the missing ones as null)"]],
    "too many fields": ['a,"b",c,d', ["4 fields where the header has 3"]],
    "too many bytes": ["x".repeat(301), ["longer than 300 bytes (the maximum record size)"]],
    "a stray quote on a later line": [
      'a,"b\nc",d"e',
      ["a quote stays open over several lines: a quote inside an unquoted field", "a quote inside an unquoted field"],
    ],
    "a line break where none may be": [
      "a,\nb,c",
      ["2 fields where the header has 3", "2 fields where the header has 3"],
    ],
  } as const
  for (const [name, [damage, problems]] of Object.entries(damages)) {
    it.prop(
      `${name} costs its own lines only`,
      { before: Records, after: OneLineRecords, sizes: Sizes },
      ({ before, after, sizes }) => {
        const texts = (records: typeof before) => records.map(({ fields }) => fields.map(write).join(","))
        const expected = [...texts(before), ...damage.split("\n"), ...texts(after)]
        const lines = [...texts(before), damage, ...texts(after), ""]
        for (const { frames } of inEveryWay(encode(lines.join("\n")), sizes, three)) {
          assert.deepStrictEqual(
            frames.map((frame) => decode(rawOf(frame)) + "x".repeat(frame.length - rawOf(frame).length)),
            expected,
          )
          const found = frames.slice(before.length, before.length + problems.length)
          assert.deepStrictEqual(
            frames.filter(({ problem }) => problem !== undefined),
            found,
          )
          for (const [index, { problem }] of found.entries()) assert.include(problem, problems[index])
        }
      },
    )
  }

  it.each([
    ["too many fields", 'a,"b\nc",d,e', "4 fields where the header has 3"],
    ["too few fields", 'a,"b\nc,d\ne"', "2 fields where the header has 3"],
  ])("a record over several lines with %s is one reject with all of them", (_, record, expected) => {
    const { frames } = frameAll(encode(`1,2,3\n${record}\n4,5,6\n`), [7], three)
    assert.deepStrictEqual(
      frames.map((frame) => [decode(rawOf(frame)), frame.problem]),
      [
        ["1,2,3", undefined],
        [record, expected],
        ["4,5,6", undefined],
      ],
    )
  })

  it("takes surplus fields without text, and unnamed ones of the header that are there or not", () => {
    const kinds = (text: string, shortRows: "reject" | "null" = "reject") =>
      frameAll(encode(text), [3], {
        ...three,
        format: { ...plainFormat, shortRows },
        fields: { named: 2, all: 3 },
      }).frames.map(({ problem, row }) => problem ?? row)
    assert.deepStrictEqual(kinds('a,b\na,b,\na,b,c\na,b,c,, ,""\na,b,c,,x\n'), [
      "whole",
      "whole",
      "whole",
      "whole",
      "5 fields where the header has 2",
    ])
    const advised = "1 field where the header has 2"
    assert.deepStrictEqual(kinds('a\nb,c\n"d\ne"\nf'), [advised, "whole", advised, advised])
    // Never the last record without a line end, nor one of several lines.
    assert.deepStrictEqual(kinds('a\nb,c\n"d\ne"\nf', "null"), ["short", "whole", advised, advised])
  })

  it("rows without text are blank: delimiters, blanks, empty quotes, NUL and Ctrl-Z", () => {
    const { blankRows, frames } = frameAll(encode(`,,\n\n \t, \n"", ""\na,b\n\0\0,\x1a\n\0\0\n\n\x1a`), [3], two)
    assert.strictEqual(blankRows, 5)
    assert.deepStrictEqual(
      frames.map((frame) => [frame.line, decode(rawOf(frame))]),
      [
        [5, "a,b"],
        // Between delimiters it is text.
        [6, "\0\0,\x1a"],
      ],
    )
  })

  it("NUL before text is text, also before a quote", () => {
    const { frames } = frameAll(encode(`\0a,b\n\0"a",b\n\0,"c\nd"\n`), [2], two)
    assert.deepStrictEqual(
      frames.map(({ line, problem }) => [line, problem]),
      [
        [1, undefined],
        [2, "a quote inside an unquoted field"],
        [3, undefined],
      ],
    )
  })

  it("half of a code unit at the end makes its record text that cannot be read", () => {
    const format = { ...plainFormat, encoding: "utf-16le" as const }
    for (const text of ["a,b\nc,d", 'a,b\nc,"d"', "a,b\n"]) {
      const bytes = Buffer.concat([Buffer.from(text, "utf16le"), Uint8Array.of(0x41)])
      const { frames } = frameAll(bytes, [3], { ...two, format })
      const last = frames.at(-1)!
      assert.strictEqual(last.offset + last.length, bytes.length)
      const read = makeFieldParser(format)([last])[0]!
      assert.isTrue("problem" in read)
    }
  })

  it("an escaped line end is text, and costs nothing twice", () => {
    const format = { ...plainFormat, escape: "backslash" as const }
    const options = { ...two, format, maxRecordSize: 1000 }
    const { frames } = frameAll(encode('a,b\\\nc\\\r\nd\ne\\\nf"g,h\ni,j\n'), [1], options)
    assert.deepStrictEqual(
      frames.map(({ length, line, problem }) => [line, length, problem]),
      [
        [1, 10, undefined],
        [4, 8, "a quote inside an unquoted field"],
        [6, 3, undefined],
      ],
    )
    assert.strictEqual(
      frameAll(encode("a,b\nc,d\\"), [1], options).frames[1]!.problem,
      "a backslash at the end of the file",
    )
    // Each line ends with one, as paths of Windows do: a second, where reading starts again at each line an hour.
    const start = process.cpuUsage()
    const many = frameAll(encode("C:\\dir\\\n".repeat(2 ** 20)), [65_536], {
      ...options,
      maxRecordSize: 2 ** 20,
    }).frames
    assert.isAtMost(many.length, 10)
    assert.strictEqual(
      many.reduce((sum, { nextOffset, offset }) => sum + nextOffset - offset, 0),
      2 ** 23,
    )
    const { user, system } = process.cpuUsage(start)
    assert.isBelow(user + system, 5_000_000)
  })

  it.each([
    ["padding", "\0", {}],
    ["a line that never ends", "x", {}],
    ["a comment", "#", { comment: "#" }],
  ] as const)("keeps no more than a record of %s in UTF-16, however its units are cut", (_, character, more) => {
    const format = { ...plainFormat, encoding: "utf-16be" as const, ...more }
    const framer = new Framer({ format, maxRecordSize: 1000, offset: 0, line: 1, fields: two.fields })
    const block = Buffer.from(character.repeat(2 ** 15), "utf16le").swap16()
    // A third more than may be kept, with what is not collected yet.
    const most = 2 ** 26
    const turns = Math.ceil((most / 2 ** 16) * (4 / 3))
    const memory = process.memoryUsage()
    assert.deepStrictEqual([...framer.push(block.subarray(0, 1))], [])
    const rest = Buffer.concat([block.subarray(1), block.subarray(0, 1)])
    for (let turn = 0; turn < turns; turn++) assert.deepStrictEqual([...framer.push(rest)], [])
    const { arrayBuffers } = process.memoryUsage()
    assert.isBelow(arrayBuffers - memory.arrayBuffers, most)
    const end = Buffer.concat([block.subarray(1, 2), Buffer.from("\na,b\n", "utf16le").swap16()])
    const frames = [...framer.push(end), ...framer.finish()].flat()
    assert.deepStrictEqual([frames.at(-1)!.offset, frames.at(-1)!.line], [2 ** 16 * turns + 4, 2])
  })

  it.prop(
    "whatever a record is replaced by, the records around it stay, byte for byte",
    {
      before: Records,
      damage: Schema.Array(
        Schema.Literals(["a", ",", '"', '""', '"x"', ',"', '",', "\n", "\r", "\r\n", "é", "\0", "x".repeat(150)]),
      ).check(Schema.isMaxLength(20)),
      end: LineEnd,
      after: OneLineRecords,
      sizes: Sizes,
    },
    ({ before, damage, end, after, sizes }) => {
      let text = ""
      const good = new Map<number, { text: string; line: number; problem: string | undefined }>()
      const add = ({ fields, end }: (typeof before)[number]) => {
        const written = fields.map(write).join(",")
        good.set(encode(text).length, { text: written, line: 1 + countLineEnds(text, plainFormat), problem: undefined })
        text += written + end
      }
      before.forEach(add)
      text += damage.join("") + end
      after.forEach(add)
      for (const { frames } of inEveryWay(encode(text), sizes, three)) {
        const found = new Map(
          frames.map((frame) => [
            frame.offset,
            { text: decode(rawOf(frame)), line: frame.line, problem: frame.problem },
          ]),
        )
        for (const [offset, record] of good) assert.deepStrictEqual(found.get(offset), record)
      }
    },
    { arbitrary: { runs: 1000 } },
  )

  it("a quote that is never closed costs its line, whether or not later lines have quotes", () => {
    const problems = (after: ReadonlyArray<string>) => {
      const lines = ["h1,h2,h3", 'a,b,"open', ...after]
      const { frames } = frameAll(encode(lines.join("\n")), [7], three)
      assert.deepStrictEqual(
        frames.map((frame) => decode(rawOf(frame))),
        lines,
      )
      return frames.flatMap(({ line, problem }) => (problem === undefined ? [] : [[line, problem]]))
    }
    const open = "a quote stays open over several lines"
    assert.deepStrictEqual(problems([]), [[2, "a quote is still open at the end of the file"]])
    assert.deepStrictEqual(problems(["a,b,c"]), [[2, "a quote is still open at the end of the file"]])
    assert.deepStrictEqual(problems(['"a",b,c']), [[2, `${open}: text after a closing quote`]])
    assert.deepStrictEqual(problems([...Array(100).fill("a,b,c")]), [
      [2, `${open}: longer than 300 bytes (the maximum record size)`],
    ])
  })

  it("gives up the first line only of a record that is too long", () => {
    const long = `a,"${"x".repeat(50)}\n${"y".repeat(60)}",z`
    const { frames } = frameAll(encode(`h,i,j\n${long}\ngood,b,c\n`), [7], { ...three, maxRecordSize: 80 })
    assert.deepStrictEqual(
      frames.map(({ line, length, problem }) => [line, length, problem]),
      [
        [1, 5, undefined],
        [2, 53, "a quote stays open over several lines: longer than 80 bytes (the maximum record size)"],
        [3, 63, "a quote inside an unquoted field"],
        [4, 8, undefined],
      ],
    )
  })

  it("keeps the beginning of an endless line, and its whole length", () => {
    const { frames } = frameAll(encode(`h,i\n${"x".repeat(5000)}\na,b`), [100], { ...two, maxRecordSize: 64 })
    assert.deepStrictEqual(
      frames.map((frame) => [rawOf(frame).length, frame.offset, frame.line, frame.length, frame.nextOffset]),
      [
        [3, 0, 1, 3, 4],
        [64, 4, 2, 5000, 5005],
        [3, 5005, 3, 3, 5008],
      ],
    )
  })

  it.each([
    ["an open quote", `a,"${"x".repeat(2 ** 25)}`, 2 ** 26],
    ["an open quote over many lines", `a,"${`${"x".repeat(127)}\n`.repeat(2 ** 18)}`, 2 ** 26],
    ["an endless line", `a,${"x".repeat(2 ** 25)}`, 2 ** 24],
  ])("takes no longer than it has to for %s", (_, record, maxRecordSize) => {
    const framer = new Framer({
      format: plainFormat,
      maxRecordSize,
      offset: 0,
      line: 1,
      fields: { named: 2, all: 2 },
    })
    const bytes = encode(record)
    const start = process.cpuUsage()
    for (let at = 0; at < bytes.length; at += 16_384) {
      assert.deepStrictEqual([...framer.push(bytes.subarray(at, at + 16_384))], [])
    }
    let length = 0
    for (const frames of framer.finish()) for (const frame of frames) length += frame.length
    assert.isAbove(length, 0)
    const { user, system } = process.cpuUsage(start)
    // Less than a second; minutes where each push copies what the ones before brought.
    assert.isBelow(user + system, 10_000_000)
  })

  it("hands out what a damaged record sets free in batches", () => {
    const framer = new Framer({
      format: plainFormat,
      maxRecordSize: 2 ** 22,
      offset: 0,
      line: 1,
      fields: { named: 2, all: 2 },
    })
    const line = `${"x".repeat(98)},\n`
    const batches = [...framer.push(encode(`",\n${line.repeat(50_000)}`)), ...framer.finish()]
    assert.strictEqual(batches.flat().length, 50_001)
    for (const frames of batches) {
      assert.isAbove(frames.length, 0)
      assert.isAtMost(frames.length, 2700)
    }
  })

  it("hands out short records in batches of a thousand", () => {
    const framer = new Framer({
      format: plainFormat,
      maxRecordSize: 100,
      offset: 0,
      line: 1,
      fields: { named: 1, all: 1 },
    })
    const batches = [...framer.push(encode("x\n".repeat(10_000))), ...framer.finish()]
    assert.strictEqual(batches.flat().length, 10_000)
    for (const frames of batches) assert.isAtMost(frames.length, 1_024)
  })

  it.prop(
    "a frame is told by its bytes and its lookahead, whatever is behind them",
    { drawn: DrawnFormat, tokens: Tokens, sizes: Sizes, maxRecordSize: MaxRecordSize, counts: Counts },
    ({ drawn, tokens, sizes, maxRecordSize, counts }) => {
      const options = { format: formatOf(drawn), maxRecordSize, fields: countsOf(counts) }
      const file = bytesOf(tokens, options.format)
      const told = ({ frames }: ReturnType<typeof frameAll>) =>
        frames.map(({ offset, length, nextOffset, line, nextLine, lookahead, problem }) => {
          return { offset, length, nextOffset, line, nextLine, lookahead, problem }
        })
      const expected = told(frameAll(file, [], options))
      assert.deepStrictEqual(told(frameAll(file, sizes, options)), expected)
      // In UTF-16 no file ends within a unit.
      const width = isWide(options.format) ? 2 : 1
      let needed = 0
      for (const [index, { nextOffset, lookahead }] of expected.entries()) {
        needed = Math.max(needed, nextOffset + Math.ceil(lookahead / width) * width)
        if (needed > file.length) break
        const found = told(frameAll(file.subarray(0, needed), sizes, options))
        assert.deepStrictEqual(found.slice(0, index + 1), expected.slice(0, index + 1))
      }
    },
    { arbitrary: { runs: 1000, size: 1000 } },
  )

  it.each([
    ["a sound record", 'a,"x\ny"\n', 0],
    ["a bad line", 'a,"x"y\n', 0],
    ["the byte that is wrong", 'a,"x\ny"z,b\nc,d\n', 'y"z'.length],
    ["nothing, for all its lines", 'a,"x\n\r\ny",z\r\nc,d\n', 0],
    ["its own line end", `a,"${"x".repeat(27)}\r\nb,c\n`, 0],
    ["the byte that is too much", `a,"x\n${"y".repeat(50)}\n`, 31 - 'a,"x\n'.length],
    ["the end of the file", 'a,"x\nb,c\n', "b,c\n".length + 1],
  ])("looks ahead as far as %s", (_, record, lookahead) => {
    const framer = new Framer({
      format: plainFormat,
      maxRecordSize: 30,
      offset: 0,
      line: 1,
      fields: { named: 2, all: 2 },
    })
    const frames = [...framer.push(encode(record)), ...framer.finish()].flat()
    assert.strictEqual(frames[0]!.lookahead, lookahead)
  })

  it("goes on in the middle of a file", () => {
    const framer = new Framer({
      format: { ...plainFormat, delimiter: ";" },
      maxRecordSize: 100,
      offset: 700,
      line: 9,
      fields: { named: 2, all: 2 },
    })
    const frames = [...framer.push(encode("a;b\nc;d;e\n")), ...framer.finish()].flat()
    assert.deepStrictEqual(
      frames.map(({ offset, line, nextOffset, nextLine, problem }) => [offset, line, nextOffset, nextLine, problem]),
      [
        [700, 9, 704, 10, undefined],
        [704, 10, 710, 11, "3 fields where the header has 2"],
      ],
    )
  })
})
