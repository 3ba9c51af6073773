import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { earlierFormat } from "../../src/domain/Format.ts"
import { makeFieldParser } from "../../src/csv/fields.ts"
import { type Frame, rawOf } from "../../src/csv/frame.ts"
import { Framer } from "../../src/csv/Framer.ts"

const encode = (text: string) => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)
/** A character a byte: positions in the text are those in the bytes. */
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1")

const frameAll = (bytes: Uint8Array, sizes: ReadonlyArray<number>, maxRecordSize = 1000) => {
  const framer = new Framer({ format: earlierFormat(","), maxRecordSize, offset: 0, line: 1, fields: undefined })
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
  return frames.map((frame) => Object.assign(frame, { raw: rawOf(frame) }))
}

/** As the bytes come whole, byte by byte, and in the pieces given. */
const inEveryWay = (bytes: Uint8Array, sizes: ReadonlyArray<number>, maxRecordSize?: number) =>
  [[], [1], sizes].map((sizes) => frameAll(bytes, sizes, maxRecordSize))

const countLineEnds = (text: string) => text.match(/\r\n|\r|\n/g)?.length ?? 0

const Sizes = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40 })))
const LineEnd = Schema.Literals(["\n", "\r\n", "\r", "\n\n", "\r\r", "\r\n\r\n\n"])

/** Fields with everything inside, as they are written and as they are meant. */
const values = ["", "a", "Zoë", "x y", "日本", "\0", "\uFEFF", '"', ",", '",', "a,b", 'a "b" c'] as const
const valuesWithLineEnds = ["line\nbreak", "\r\n", "cr\rcr", '"\n",\r'] as const
const isPlain = (value: string) => !/[",\r\n]/.test(value)
const write = ({ value, isQuoted }: { readonly value: string; readonly isQuoted: boolean }) =>
  isQuoted || !isPlain(value) ? `"${value.replaceAll('"', '""')}"` : value

const Field = Schema.Struct({ value: Schema.Literals([...values, ...valuesWithLineEnds]), isQuoted: Schema.Boolean })
const Records = Schema.Array(Schema.Struct({ fields: Schema.Tuple([Field, Field, Field]), end: LineEnd })).check(
  Schema.isMaxLength(30),
)
const OneLineField = Schema.Struct({ value: Schema.Literals(values), isQuoted: Schema.Boolean })
const OneLineRecords = Schema.Array(
  Schema.Struct({ fields: Schema.Tuple([OneLineField, OneLineField, OneLineField]), end: LineEnd }),
).check(Schema.isMaxLength(8))

/** Any bytes, those that mean something to a framer more often than others. */
const Bytes = Schema.Array(
  Schema.Union([
    Schema.Literals([...Array.from('"",,\n\r\r\na', (character) => character.charCodeAt(0)), 0xef, 0xbb, 0xbf]),
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 })),
  ]),
).check(Schema.isMaxLength(200))
const MaxRecordSize = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 60 }))

const field = '(?:"(?:[^"]|"")*"|[^",\\r\\n]*)'
const legalRecord = new RegExp(`${field}(?:,${field})*(?=[\\r\\n]|$)`, "y")
const lineEndAt = /\r\n|\r|\n/y
const restOfLine = /[^\r\n]*/y

/** The frames, by a grammar instead of a state machine: a legal record at every place, or else a line that is none. */
const referenceFrames = (bytes: Uint8Array, maxRecordSize: number) => {
  const text = latin1(bytes)
  const match = (pattern: RegExp, at: number) => {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0]
  }
  const frames = []
  let fieldCount: number | undefined
  let offset = text.startsWith("\u00ef\u00bb\u00bf") ? 3 : 0
  while (offset < text.length) {
    const blank = match(lineEndAt, offset)
    if (blank !== undefined) {
      offset += blank.length
      continue
    }
    const legal = match(legalRecord, offset)
    const fields = legal?.replaceAll(/"(?:[^"]|"")*"/g, "").split(",").length
    if (legal !== undefined && legal.length <= maxRecordSize) fieldCount ??= fields
    const isRecord = legal !== undefined && legal.length <= maxRecordSize && fields === fieldCount
    const { length } = isRecord ? legal : match(restOfLine, offset)!
    const nextOffset = offset + length + (match(lineEndAt, offset + length)?.length ?? 0)
    const line = 1 + countLineEnds(text.slice(0, offset))
    const nextLine = line + countLineEnds(text.slice(offset, offset + length)) + 1
    const raw = text.slice(offset, offset + Math.min(length, maxRecordSize))
    frames.push({ raw, offset, line, length, nextOffset, nextLine, isRecord })
    offset = nextOffset
  }
  return frames
}

describe("Framer", () => {
  it.prop(
    "frames any records, whatever ends their lines and however the bytes are cut",
    { records: Records, sizes: Sizes, mark: Schema.Boolean, isEnded: Schema.Boolean },
    ({ records, sizes, mark, isEnded }) => {
      let text = (mark ? "\uFEFF" : "") + "h1,h2,h3"
      let end = "\n"
      const expected = [{ text: "h1,h2,h3", offset: mark ? 3 : 0, line: 1, problem: undefined }]
      for (const record of records) {
        text += end
        const written = record.fields.map(write).join(",")
        expected.push({
          text: written,
          offset: encode(text).length,
          line: 1 + countLineEnds(text),
          problem: undefined,
        })
        text += written
        end = record.end
      }
      for (const frames of inEveryWay(encode(isEnded ? text + end : text), sizes)) {
        assert.deepStrictEqual(
          frames.map(({ raw, offset, line, problem }) => ({ text: decode(raw), offset, line, problem })),
          expected,
        )
        assert.isTrue(frames.every(({ raw, length }) => length === raw.length))
      }
      assert.deepStrictEqual(
        makeFieldParser(earlierFormat(","))(frameAll(encode(text), []).slice(1)),
        records.map(({ fields }) => fields.map(({ value }) => value)),
      )
    },
  )

  it.prop(
    "is the grammar's on any bytes, at any limit, however the bytes are cut",
    { bytes: Bytes, sizes: Sizes, maxRecordSize: MaxRecordSize },
    ({ bytes, sizes, maxRecordSize }) => {
      const expected = referenceFrames(Uint8Array.from(bytes), maxRecordSize)
      for (const frames of inEveryWay(Uint8Array.from(bytes), sizes, maxRecordSize)) {
        assert.deepStrictEqual(
          frames.map(({ raw, offset, line, length, nextOffset, nextLine, problem }) => ({
            raw: latin1(raw),
            offset,
            line,
            length,
            nextOffset,
            nextLine,
            isRecord: problem === undefined,
          })),
          expected,
        )
      }
    },
    { arbitrary: { runs: 2000 } },
  )

  it.prop(
    "every byte of any file belongs to one frame, a line end or the byte order mark",
    { bytes: Bytes, sizes: Sizes, maxRecordSize: MaxRecordSize, mark: Schema.Boolean },
    ({ bytes, sizes, maxRecordSize, mark }) => {
      const file = Uint8Array.from(mark ? [0xef, 0xbb, 0xbf, ...bytes] : bytes)
      const text = latin1(file)
      let position = text.startsWith("\u00ef\u00bb\u00bf") ? 3 : 0
      for (const { raw, offset, length, line, nextOffset } of frameAll(file, sizes, maxRecordSize)) {
        assert.match(text.slice(position, offset), /^[\r\n]*$/)
        assert.isAbove(length, 0)
        assert.strictEqual(latin1(raw), text.slice(offset, offset + Math.min(length, maxRecordSize)))
        assert.strictEqual(line, 1 + countLineEnds(text.slice(0, offset)))
        position = offset + length
        assert.match(text.slice(position, nextOffset), position === text.length ? /^$/ : /^(?:\r\n|\r(?!\n)|\n)$/)
      }
      assert.match(text.slice(position), /^[\r\n]*$/)
    },
    { arbitrary: { runs: 1000 } },
  )

  const damages = {
    "a stray quote": ['x"y,c,d', ["a quote inside an unquoted field"]],
    "text after a closing quote": ['1,"x"y,z', ["text after a closing quote"]],
    "too few fields": ["a,b", ["2 fields where the header has 3"]],
    "too many fields": ['a,"b",c,', ["4 fields where the header has 3"]],
    "too many bytes": ["x".repeat(301), ["longer than 300 bytes (the maximum record size)"]],
    "too many fields, over several lines": [
      'a,"b\nc",d,e',
      ["a quote stays open over several lines: 4 fields where the header has 3", "a quote inside an unquoted field"],
    ],
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
        const expected = ["h1,h2,h3", ...texts(before), ...damage.split("\n"), ...texts(after)]
        const lines = ["h1,h2,h3", ...texts(before), damage, ...texts(after)]
        for (const frames of inEveryWay(encode(lines.join("\n")), sizes, 300)) {
          assert.deepStrictEqual(
            frames.map(({ raw, length }) => decode(raw) + "x".repeat(length - raw.length)),
            expected,
          )
          const found = frames.slice(before.length + 1, before.length + 1 + problems.length)
          assert.deepStrictEqual(
            frames.filter(({ problem }) => problem !== undefined),
            found,
          )
          for (const [index, { problem }] of found.entries()) assert.include(problem, problems[index])
        }
      },
    )
  }

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
      let text = "h1,h2,h3\n"
      const good = new Map([[0, { text: "h1,h2,h3", line: 1, problem: undefined as string | undefined }]])
      const add = ({ fields, end }: (typeof before)[number]) => {
        const written = fields.map(write).join(",")
        good.set(encode(text).length, { text: written, line: 1 + countLineEnds(text), problem: undefined })
        text += written + end
      }
      before.forEach(add)
      text += damage.join("") + end
      after.forEach(add)
      for (const frames of inEveryWay(encode(text), sizes, 300)) {
        const found = new Map(
          frames.map(({ offset, raw, line, problem }) => [offset, { text: decode(raw), line, problem }]),
        )
        for (const [offset, record] of good) assert.deepStrictEqual(found.get(offset), record)
      }
    },
    { arbitrary: { runs: 1000 } },
  )

  it("a quote that is never closed costs its line, whether or not later lines have quotes", () => {
    const problems = (after: ReadonlyArray<string>) => {
      const lines = ["h1,h2,h3", 'a,b,"open', ...after]
      const frames = frameAll(encode(lines.join("\n")), [7], 300)
      assert.deepStrictEqual(
        frames.map(({ raw }) => decode(raw)),
        lines,
      )
      return frames.flatMap(({ line, problem }) => (problem === undefined ? [] : [[line, problem]]))
    }
    const open = "a quote stays open over several lines"
    assert.deepStrictEqual(problems([]), [[2, "a quote is still open at the end of the file"]])
    assert.deepStrictEqual(problems(["a,b,c"]), [[2, "a quote is still open at the end of the file"]])
    assert.deepStrictEqual(problems(['"",""",x', "a,b,c"]), [
      [2, `${open}: 4 fields where the header has 3`],
      [3, "a quote is still open at the end of the file"],
    ])
    assert.deepStrictEqual(problems(['"a",b,c']), [[2, `${open}: text after a closing quote`]])
    assert.deepStrictEqual(problems([...Array(100).fill("a,b,c")]), [
      [2, `${open}: longer than 300 bytes (the maximum record size)`],
    ])
  })

  it("gives up the first line only of a record that is too long", () => {
    const long = `a,"${"x".repeat(50)}\n${"y".repeat(60)}",z`
    const frames = frameAll(encode(`h,i,j\n${long}\ngood,b,c\n`), [7], 80)
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
    const frames = frameAll(encode(`h,i\n${"x".repeat(5000)}\na,b`), [100], 64)
    assert.deepStrictEqual(
      frames.map(({ raw, offset, line, length, nextOffset }) => [raw.length, offset, line, length, nextOffset]),
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
      format: earlierFormat(","),
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
      format: earlierFormat(","),
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
      format: earlierFormat(","),
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
    { bytes: Bytes, sizes: Sizes, maxRecordSize: MaxRecordSize },
    ({ bytes, sizes, maxRecordSize }) => {
      const file = Uint8Array.from(bytes)
      const told = (frames: ReadonlyArray<Frame>) =>
        frames.map(({ offset, length, nextOffset, line, nextLine, lookahead, problem }) => {
          return { offset, length, nextOffset, line, nextLine, lookahead, problem }
        })
      const expected = told(frameAll(file, [], maxRecordSize))
      assert.deepStrictEqual(told(frameAll(file, sizes, maxRecordSize)), expected)
      let needed = 0
      for (const [index, { nextOffset, lookahead }] of expected.entries()) {
        needed = Math.max(needed, nextOffset + lookahead)
        if (needed > file.length) break
        const found = told(frameAll(file.subarray(0, needed), sizes, maxRecordSize))
        assert.deepStrictEqual(found.slice(0, index + 1), expected.slice(0, index + 1))
      }
    },
    { arbitrary: { runs: 1000 } },
  )

  it.each([
    ["a sound record", 'a,"x\ny"\n', 0],
    ["a bad line", 'a,"x"y\n', 0],
    ["the byte that is wrong", 'a,"x\ny"z,b\nc,d\n', 'y"z'.length],
    ["the line end that is late", 'a,"x\n\r\ny",z\r\nc,d\n', '\r\ny",z\r'.length],
    ["its own line end", `a,"${"x".repeat(27)}\r\nb,c\n`, 0],
    ["the byte that is too much", `a,"x\n${"y".repeat(50)}\n`, 31 - 'a,"x\n'.length],
    ["the end of the file", 'a,"x\nb,c\n', "b,c\n".length + 1],
  ])("looks ahead as far as %s", (_, record, lookahead) => {
    const framer = new Framer({
      format: earlierFormat(","),
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
      format: earlierFormat(";"),
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
