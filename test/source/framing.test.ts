import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { type Frame, Framer } from "../../src/source/framing.ts"

const encode = (text: string) => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

interface Shape {
  readonly offset?: number
  readonly maxRecordSize?: number
}

const frameAll = (
  bytes: Uint8Array,
  sizes: ReadonlyArray<number>,
  { offset = 0, maxRecordSize = 1000 }: Shape = {},
) => {
  const framer = new Framer({ delimiter: ",", maxRecordSize, offset, line: 1, fieldCount: undefined })
  const frames: Array<Frame> = []
  let position = 0
  for (let turn = 0; position < bytes.length; turn++) {
    const size = sizes.length === 0 ? bytes.length : sizes[turn % sizes.length]!
    frames.push(...framer.push(bytes.slice(position, position + size)))
    position += size
  }
  frames.push(...framer.finish())
  return frames
}

const Sizes = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40 })))
const LineEnd = Schema.Literals(["\n", "\r\n", "\r"])

/** Fields as files have them: plain, empty, quoted with everything inside, several bytes a character. */
const Field = Schema.Literals([
  "",
  "a",
  "Zoë",
  "x y",
  '""',
  '"a,b"',
  '"a ""b"" c"',
  '"line\nbreak"',
  '"\r\n"',
  '"cr\rcr"',
  "日本",
])
const Records = Schema.Array(Schema.Tuple([Field, Field, Field])).check(Schema.isMinLength(1), Schema.isMaxLength(30))

const physicalLines = (text: string) => text.split(/\r\n|\r|\n/).length

describe("Framer", () => {
  it.prop(
    "frames any records, however the bytes are cut",
    { records: Records, end: LineEnd, sizes: Sizes, mark: Schema.Boolean, last: Schema.Boolean, blank: Schema.Boolean },
    ({ records, end, sizes, mark, last, blank }) => {
      const texts = records.map((fields) => fields.join(","))
      const between = blank ? end + end : end
      const bytes = encode((mark ? "\uFEFF" : "") + texts.join(between) + (last ? end : ""))
      const frames = frameAll(bytes, sizes)
      let offset = mark ? 3 : 0
      let line = 1
      const expected = texts.map((text) => {
        const length = encode(text).length
        const frame = { text, offset, line, length, problem: undefined }
        offset += length + between.length
        line += physicalLines(text) - 1 + (blank ? 2 : 1)
        return frame
      })
      assert.deepStrictEqual(
        frames.map(({ raw, offset, line, length, problem }) => ({ text: decode(raw), offset, line, length, problem })),
        expected,
      )
    },
  )

  it.prop(
    "cutting the bytes elsewhere changes nothing, whatever the bytes are",
    { text: Schema.Array(Schema.Literals(["a", ",", '"', "\n", "\r", "é", "a,b\n", '"x","y"\r\n'])), sizes: Sizes },
    ({ text, sizes }) => {
      const bytes = encode(text.join(""))
      const shape = { maxRecordSize: 12 }
      const whole = frameAll(bytes, [], shape)
      const cut = frameAll(bytes, sizes, shape)
      const plain = (frames: ReadonlyArray<Frame>) => frames.map((frame) => ({ ...frame, raw: decode(frame.raw) }))
      assert.deepStrictEqual(plain(cut), plain(whole))
    },
  )

  it.prop(
    "every byte belongs to one frame or to a line end, and is kept as it is",
    { text: Schema.Array(Schema.Literals(["a", ",", '"', "\n", "\r", "é", '"x",y', "a,b\r\n"])), sizes: Sizes },
    ({ text, sizes }) => {
      const bytes = encode(text.join(""))
      let position = 0
      for (const frame of frameAll(bytes, sizes, { maxRecordSize: 1_000_000 })) {
        assert.match(decode(bytes.slice(position, frame.offset)), /^[\r\n]*$/)
        assert.deepStrictEqual(bytes.slice(frame.offset, frame.offset + frame.length), frame.raw.slice())
        position = frame.offset + frame.length
      }
      assert.match(decode(bytes.slice(position)), /^[\r\n]*$/)
    },
  )

  it.prop(
    "one damaged record costs only itself",
    {
      before: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 })),
      after: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 })),
      damage: Schema.Literals(['1,"x"y,z', 'a"b,c,d', '"open,c,d', "a,b", "a,b,c,d", 'a,"never closed', '"",""",x']),
      sizes: Sizes,
    },
    ({ before, after, damage, sizes }) => {
      const good = (count: number, name: string) => Array.from({ length: count }, (_, index) => `${name}${index},"q",z`)
      const lines = ["h1,h2,h3", ...good(before, "b"), damage, ...good(after, "a")]
      const frames = frameAll(encode(lines.join("\n") + "\n"), sizes)
      assert.deepStrictEqual(
        frames.map(({ raw }) => decode(raw)),
        lines,
      )
      assert.deepStrictEqual(
        frames.filter(({ problem }) => problem !== undefined).map(({ line }) => line),
        [before + 2],
      )
    },
  )

  it("gives up the first line only of a record that is too long", () => {
    const long = `a,"${"x".repeat(50)}\n${"y".repeat(60)}",z`
    const frames = frameAll(encode(`h,i,j\n${long}\ngood,b,c\n`), [7], { maxRecordSize: 80 })
    assert.deepStrictEqual(
      frames.map(({ line, length, problem }) => [line, length, problem]),
      [
        [1, 5, undefined],
        [2, 53, "longer than 80 bytes"],
        [3, 63, "a quote inside an unquoted field"],
        [4, 8, undefined],
      ],
    )
  })

  it("keeps the beginning of an endless line, and its whole length", () => {
    const frames = frameAll(encode(`h,i\n${"x".repeat(5000)}\na,b`), [100], { maxRecordSize: 64 })
    assert.deepStrictEqual(
      frames.map(({ raw, offset, line, length, nextOffset }) => [raw.length, offset, line, length, nextOffset]),
      [
        [3, 0, 1, 3, 4],
        [64, 4, 2, 5000, 5005],
        [3, 5005, 3, 3, 5008],
      ],
    )
  })

  it("goes on in the middle of a file", () => {
    const framer = new Framer({ delimiter: ";", maxRecordSize: 100, offset: 700, line: 9, fieldCount: 2 })
    const frames = [...framer.push(encode("a;b\nc;d;e\n")), ...framer.finish()]
    assert.deepStrictEqual(
      frames.map(({ offset, line, nextOffset, nextLine, problem }) => [offset, line, nextOffset, nextLine, problem]),
      [
        [700, 9, 704, 10, undefined],
        [704, 10, 710, 11, "3 fields where the header has 2"],
      ],
    )
  })
})
