import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { plainFormat } from "../../src/domain/Format.ts"
import { type Frame, rawOf } from "../../src/csv/frame.ts"
import type { FramerOptions } from "../../src/csv/Framer.ts"
import { RecordFramer } from "../../src/csv/RecordFramer.ts"
import { read, rejects, users } from "../utils/csv.ts"
import { between, bytesOf, DrawnFormat, formatOf, isWide, referenceFrames, Tokens } from "./drawnFormats.ts"

const frameAll = (bytes: Uint8Array, size: number, options: FramerOptions): ReadonlyArray<Frame> => {
  const framer = new RecordFramer(options)
  const frames: Array<Frame> = []
  for (let at = 0; at < bytes.length; at += size) frames.push(...[...framer.push(bytes.subarray(at, at + size))].flat())
  frames.push(...[...framer.finish()].flat())
  return frames
}

/** All that is told of a frame. */
const told = (frame: Frame) => {
  const { length, lookahead, nextLine, nextOffset, offset, line, problem, row } = frame
  return { offset, line, length, nextOffset, nextLine, lookahead, problem, row, raw: rawOf(frame).slice() }
}

const two = { format: plainFormat, maxRecordSize: 1000, offset: 0, line: 1, fields: { named: 2, all: 2 } }

const found = (text: string, more: Partial<FramerOptions["format"]> = {}, size = 1000) =>
  frameAll(new TextEncoder().encode(text), size, { ...two, format: { ...plainFormat, ...more } }).map((frame) => [
    frame.line,
    Buffer.from(rawOf(frame)).toString(),
    frame.problem ?? frame.row,
  ])

const stray = (lineEnd: string) => `an unquoted field has a line end, and lines end with ${lineEnd}`

describe("RecordFramer", () => {
  it.prop(
    "frames what a framer does, or joins it; each byte is in one place; it goes on at any frame; pieces of bytes do not matter",
    {
      drawn: DrawnFormat,
      tokens: Tokens,
      size: between(1, 40),
      maxRecordSize: between(1, 80),
      named: between(1, 2),
      at: between(0, 100),
    },
    ({ drawn, tokens, size, maxRecordSize, named, at }) => {
      const format = formatOf(drawn)
      const bytes = bytesOf(tokens, format)
      const options = { format, maxRecordSize, offset: 0, line: 1, fields: { named, all: named } }
      const width = isWide(format) ? 2 : 1
      const frames = frameAll(bytes, bytes.length + 1, options)
      assert.deepStrictEqual(frameAll(bytes, size, options).map(told), frames.map(told))

      const pieces = referenceFrames(bytes, format, maxRecordSize, options.fields).frames
      let index = 0
      for (const { length, nextOffset, offset, problem, row } of frames) {
        const first = index
        while (index < pieces.length && pieces[index]!.start * width < offset + length) index++
        const own = pieces.slice(first, index)
        const kind = problem !== undefined ? "reject" : row === "short" ? "short" : "record"
        assert.deepStrictEqual(
          [own[0]!.start * width, own.at(-1)!.end * width, own.at(-1)!.next * width],
          [offset, offset + length, nextOffset],
        )
        if (own.length === 1) assert.strictEqual(kind, own[0]!.kind)
        else {
          assert.isTrue(own.some(({ kind }) => kind !== "record"))
          assert.isAtMost(length, maxRecordSize)
          assert.strictEqual(problem, stray(format.lineEnd!))
        }
      }
      assert.strictEqual(index, pieces.length)
      for (const frame of frames) {
        const { length, offset } = frame
        assert.deepStrictEqual(rawOf(frame).slice(), bytes.slice(offset, offset + Math.min(length, maxRecordSize)))
      }

      const from = frames[at % (frames.length || 1)]
      if (from === undefined) return
      const { nextLine: line, nextOffset: offset } = from
      const rest = frameAll(bytes.subarray(offset), size, { ...options, offset, line })
      assert.deepStrictEqual(rest.map(told), frames.slice(frames.indexOf(from) + 1).map(told))
      // A file that ends where what decided a frame ends has the same frames up to it.
      const before = frames.slice(0, frames.indexOf(from) + 1)
      const needed = Math.max(...before.map(({ lookahead, nextOffset }) => nextOffset + lookahead))
      const end = Math.ceil(needed / width) * width
      if (end > bytes.length) return
      const cut = frameAll(bytes.subarray(0, end), size, options)
      assert.deepStrictEqual(cut.slice(0, before.length).map(told), before.map(told))
    },
    { arbitrary: { runs: 1000, size: 1000 } },
  )

  it("makes one reject of a record that a bare LF cuts in a CRLF file, or a bare CR in others; neighbours stay", () => {
    for (const size of [1, 1000]) {
      assert.deepStrictEqual(found("a,b\r\nc,d\n\nx\r\ne,f\r\n", { lineEnd: "CRLF" }, size), [
        [1, "a,b", "whole"],
        [2, "c,d\n\nx", stray("CRLF")],
        [5, "e,f", "whole"],
      ])
      assert.deepStrictEqual(found("a,b\rc,d\nx\r", { lineEnd: "CR" }, size).at(-1), [2, "c,d\nx", stray("CR")])
      assert.deepStrictEqual(found("a,b\nc,d\rx\n\re,f\n", {}, size), [
        [1, "a,b", "whole"],
        [2, "c,d\rx", stray("LF")],
        [5, "e,f", "whole"],
      ])
    }
  })

  it("passes pieces that all have the header's fields: two programs wrote the file", () => {
    const rows = found("a,b\r\nc,d\ne,f\r\n", { lineEnd: "CRLF" })
    assert.deepStrictEqual(
      rows.map(([, raw, kind]) => [raw, kind]),
      [
        ["a,b", "whole"],
        ["c,d", "whole"],
        ["e,f", "whole"],
      ],
    )
  })

  it("takes any line end in a load of an earlier version, CRLF in an LF or a CR file, and CR CR LF for CRLF", () => {
    assert.lengthOf(found("a,b\rc\nd,e\r\n", { lineEnd: null }), 3)
    assert.lengthOf(found("a,b\rc\r\nd,e\r", { lineEnd: "CR" }), 3)
    assert.lengthOf(found("a,b\nc\r\nd,e\n"), 3)
    assert.deepStrictEqual(
      found("a,b\r\r\nc\r\r\nd,e\r\n", { lineEnd: "CRLF" }).map(([line]) => line),
      [1, 2, 3],
    )
  })

  it("keeps line ends inside quotes, and joins no damaged line to what follows its first line", () => {
    assert.deepStrictEqual(
      found('a,"b\nc"\r\nd,"e\nf"x\r\ng,h\r\n', { lineEnd: "CRLF" }).map(([line, raw]) => [line, raw]),
      [
        [1, 'a,"b\nc"'],
        [3, 'd,"e'],
        [4, 'f"x'],
        [5, "g,h"],
      ],
    )
  })

  it("keeps the bytes between pieces: blank rows, comments, byte order marks", () => {
    const text = "a,b\n,,\n#c\n\uFEFFd\n\n \r\n"
    for (const size of [1, 3, 1000]) {
      assert.deepStrictEqual(found(text, { lineEnd: "CRLF", comment: "#" }, size), [
        [1, "a,b\n,,\n#c\n\uFEFFd", stray("CRLF")],
      ])
    }
  })

  it("judges pieces alone where more than a hundred follow, or more bytes than a record may have", () => {
    const rows = [...Array<string>(300).fill("a,b"), "x", ...Array<string>(300).fill("a,b")]
    const kinds = found(`${rows.join("\n")}\r\n`, { lineEnd: "CRLF" }).map(([, , kind]) => kind)
    assert.lengthOf(kinds, 601)
    assert.deepStrictEqual(
      kinds.flatMap((kind, index) => (kind === "whole" ? [] : [index])),
      [300],
    )
    const near = found(`${rows.slice(0, 350).join("\n")}\r\na,b\r\n`, { lineEnd: "CRLF" })
    assert.strictEqual(near.at(-2)![2], stray("CRLF"))
    assert.deepStrictEqual([near.length, near.at(-1)![1]], [252, "a,b"])
  })

  it.each([
    ["pieces", "a\r", "LF"],
    ["bare line feeds after a piece", "\n", "CRLF"],
    ["carriage returns after a piece", "\r", "LF"],
  ] as const)("takes no longer for 2 MiB of %s", (_, part, lineEnd) => {
    const start = process.cpuUsage()
    const block = new TextEncoder().encode(part.repeat(2 ** 16 / part.length))
    const framer = new RecordFramer({ ...two, maxRecordSize: 2 ** 20, format: { ...plainFormat, lineEnd } })
    let count = [...framer.push(new TextEncoder().encode(lineEnd === "CRLF" ? "x\n" : "x\r"))].flat().length
    for (let turn = 0; turn < 32; turn++) for (const frames of framer.push(block)) count += frames.length
    for (const frames of framer.finish()) count += frames.length
    assert.isAtLeast(count, 1)
    const { system, user } = process.cpuUsage(start)
    assert.isBelow(user + system, 10_000_000)
  })

  it.effect("a quoted field with other line ends than the file's costs nothing", () =>
    Effect.gen(function* () {
      const text = `email,name\n${'a@example.com,"x\r\ny\r\nz"\n'.repeat(20)}short\nb@example.com,Bo\n`
      const chunks = yield* read(text, { format: {} })
      assert.deepStrictEqual([users(chunks).length, rejects(chunks).length], [21, 1])
      assert.strictEqual(chunks[0]!.format.lineEnd, "LF")
    }),
  )
})
