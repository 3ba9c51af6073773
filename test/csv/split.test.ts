import { Buffer } from "node:buffer"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema, Stream } from "effect"
import type { Format } from "../../src/domain/Format.ts"
import { split, type SplitOptions, type Splitting } from "../../src/csv/split.ts"
import { mapping, read, readChunks, type TypedChunk } from "../utils/csv.ts"
import { between, bytesOf, DrawnFormat, encodeText, formatOf, markOf, Tokens } from "./drawnFormats.ts"

const encode = (text: string) => new TextEncoder().encode(text)

const inPieces = (bytes: Uint8Array, size: number) => {
  const count = Math.ceil(bytes.length / size)
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size))
}

const splitBytes = (bytes: Uint8Array, options: Partial<SplitOptions>, pieces = 262_144) =>
  Stream.fromIterable(inPieces(bytes, pieces)).pipe(
    split({ mapping, format: { delimiter: "," }, maxRecordSize: 1_048_576, splitSize: 1, ...options }),
  )

/** All that is told of the records. */
const recordsOf = (chunks: ReadonlyArray<TypedChunk>) => ({
  users: chunks.flatMap(({ users }) =>
    users.map(({ user, byteOffset, line, raw }) => ({ user, byteOffset, line, raw: Buffer.from(raw).toString("hex") })),
  ),
  rejects: chunks.flatMap(({ rejects }) => rejects),
})

const countRecords = (chunks: ReadonlyArray<TypedChunk>) =>
  chunks.reduce((sum, { users, rejects }) => sum + users.length + rejects.length, 0)

/** The chunks of each part. The stream goes on behind the part's end, as a file does. */
const readParts = (
  bytes: Uint8Array,
  { format, header, parts }: Splitting,
  options: { readonly maxRecordSize?: number; readonly chunkSize?: number },
  pieces?: number,
) =>
  Effect.forEach(parts, ({ start, end }) =>
    read(bytes.subarray(start.byteOffset), { ...options, resume: { position: start, header, format, end } }, pieces),
  )

const startLines = ({ parts }: Splitting) => parts.map(({ start }) => start.line)

/** Whole lines and pieces of them, good and bad: what a quote takes in is for chance to say. */
const Pieces = Schema.Array(
  Schema.Literals([
    "a@example.com,b\n",
    'b@example.com,"x\ny"\r\n',
    '"c@example.com","d ""e"""\r',
    "nobody,x\n",
    "one\n",
    "a,b,c\n",
    'd@example.com,5" disk\n',
    '"e"x@example.com,f\n',
    'f@example.com,"open\n',
    'g@example.com,"\r\n"x\r\n',
    'h@example.com,"\ry\r",z\r',
    "\n",
    "\r",
    "\r\n",
    "\n\n\r\r",
    '"',
    '""',
    ",",
    "é",
    "\0",
    "\uFEFF",
    "\u00ff",
    "y".repeat(70),
    `"${"z".repeat(30)}\n${"z".repeat(30)}`,
  ]),
).check(Schema.isMaxLength(40))

const Bytes = Schema.Array(
  Schema.Union([
    Schema.Literals(Array.from('"",,\n\r\r\na', (character) => character.charCodeAt(0))),
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 })),
  ]),
).check(Schema.isMaxLength(200))

const Header = Schema.Literals([
  "email,name\n",
  '\uFEFF"email",name\r\n',
  '\n\r\nemail,"name"\r',
  'email,name,"x\ny"\n',
  "email,name",
  "\uFEFFmail\n",
  '"email,name\n',
  "",
  "a title\n\nemail,name\r\n",
  '"a title, quoted\n"\nemail;name\n',
  "sep=;\remail;name\r",
  "\uFEFFsep=\t\nemail\tname\n",
])

/** Rows of any format, and what breaks them. */
const DrawnBody = Schema.Array(
  Schema.Union([Schema.Literals(["row", "row", "row", "lines", "short", "long", "header", "other header"]), Tokens]),
).check(Schema.isMaxLength(12))

const DrawnEnds = Schema.Array(Schema.Literals(["\n", "\n", "\r\n", "\r\n", "\r", "\r\r\n", ""]))

const drawnContent = (
  {
    body,
    ends,
    mark,
  }: {
    readonly body: typeof DrawnBody.Type
    readonly ends: typeof DrawnEnds.Type
    readonly mark: boolean
  },
  format: Format,
): Uint8Array => {
  const { delimiter, escape, quote } = format
  const text = (fields: ReadonlyArray<string>) => encodeText(fields.join(delimiter), format)
  const lineBreak = quote === null ? (escape === "backslash" ? "x\\\ny" : "xy") : `${quote}x\ny${quote}`
  const rows = {
    row: ["a@example.com", "Ada"],
    lines: ["b@example.com", lineBreak],
    short: ["c@example.com"],
    long: ["d@example.com", "x".repeat(90)],
    header: ["email", "name"],
    "other header": ["name", "email"],
  }
  const end = (index: number) => encodeText(ends.length === 0 ? "\n" : ends[index % ends.length]!, format)
  return Uint8Array.from([
    ...(mark ? markOf(format) : []),
    ...text(rows.header),
    ...encodeText("\n", format),
    ...body.flatMap((part, index) =>
      typeof part === "string" ? [...text(rows[part]), ...end(index)] : Array.from(bytesOf(part, format)),
    ),
  ])
}

const Content = Schema.Struct({ header: Header, body: Schema.Union([Pieces, Bytes]) })

const contentOf = ({ header, body }: typeof Content.Type): Uint8Array =>
  Buffer.concat([
    encode(header),
    ...body.map((piece) => (typeof piece === "string" ? encode(piece) : [piece])).map(Buffer.from),
  ])

const SplitSize = Schema.Union([between(1, 40), between(1, 400)])

describe("split", () => {
  it.effect.prop(
    "parts of any file, read apart and gone on with, give the whole's records and rejects; its errors are the whole's",
    {
      content: Content,
      splitSize: SplitSize,
      maxRecordSize: between(8, 120),
      chunkSize: between(1, 10),
      delimiter: Schema.UndefinedOr(Schema.Literal(",")),
      pieces: between(1, 100),
      otherPieces: between(1, 100),
    },
    ({ content, splitSize, maxRecordSize, chunkSize, delimiter, pieces, otherPieces }) =>
      Effect.gen(function* () {
        const bytes = contentOf(content)
        const options = { maxRecordSize, chunkSize, format: { delimiter } }
        const whole = yield* Effect.result(read(bytes, options, pieces))
        const found = yield* Effect.result(
          splitBytes(bytes, { splitSize, maxRecordSize, format: { delimiter } }, pieces),
        )
        if (Result.isFailure(whole) || Result.isFailure(found)) {
          assert.deepStrictEqual(Result.isFailure(found) && found.failure, Result.isFailure(whole) && whole.failure)
          return
        }
        const chunks = yield* readParts(bytes, found.success, options, otherPieces)
        assert.deepStrictEqual(recordsOf(chunks.flat()), recordsOf(whole.success))

        for (const [index, { end }] of found.success.parts.entries()) {
          const first = chunks[index]![0]
          if (first === undefined) continue
          const resume = { position: first.to, header: first.header, format: first.format, end }
          const rest = yield* read(bytes.subarray(first.to.byteOffset), { ...options, resume }, pieces)
          assert.deepStrictEqual(recordsOf(rest), recordsOf(chunks[index]!.slice(1)))
        }
      }),
    { arbitrary: { runs: 1000 } },
  )

  it.effect.prop(
    "parts of a file of any format, with any line ends, give the whole's records and rejects",
    {
      drawn: DrawnFormat,
      body: DrawnBody,
      ends: DrawnEnds,
      mark: Schema.Boolean,
      quotedLines: Schema.Literals(["reject", "keep"]),
      splitSize: SplitSize,
      maxRecordSize: between(20, 200),
      pieces: between(1, 100),
      otherPieces: between(1, 100),
    },
    ({ drawn, body, ends, mark, quotedLines, splitSize, maxRecordSize, pieces, otherPieces }) =>
      Effect.gen(function* () {
        const { lineEnd: _, isExact: _isExact, comment, ...given } = drawn
        const format = { ...given, quotedLines, ...(comment !== null && { comment }) }
        const bytes = drawnContent({ body, ends, mark }, formatOf(drawn))
        const options = { maxRecordSize, chunkSize: 3, format }
        const whole = yield* Effect.result(read(bytes, options, pieces))
        const found = yield* Effect.result(splitBytes(bytes, { splitSize, maxRecordSize, format }, otherPieces))
        if (Result.isFailure(whole) || Result.isFailure(found)) {
          assert.deepStrictEqual(Result.isFailure(found) && found.failure, Result.isFailure(whole) && whole.failure)
          return
        }
        assert.deepStrictEqual(recordsOf(yield* read(bytes, options, otherPieces)), recordsOf(whole.success))
        for (const { byteOffset, length, raw } of whole.success.flatMap(({ rejects }) => rejects)) {
          assert.deepStrictEqual(raw.slice(), bytes.slice(byteOffset, byteOffset + Math.min(length, maxRecordSize)))
        }
        const chunks = yield* readParts(bytes, found.success, options, otherPieces)
        assert.deepStrictEqual(recordsOf(chunks.flat()), recordsOf(whole.success))
        for (const { to, header, format } of whole.success) {
          const resume = { position: to, header, format }
          const rest = yield* read(bytes.subarray(to.byteOffset), { ...options, resume }, otherPieces)
          const before = whole.success.filter(({ from }) => from.byteOffset < to.byteOffset)
          assert.deepStrictEqual(recordsOf(rest), recordsOf(whole.success.slice(before.length)))
        }
      }),
    { arbitrary: { runs: 500, size: 500 } },
  )

  it.effect.prop(
    "parts cover all behind the header, are no smaller than they may be, and have records, however the bytes come",
    { body: Pieces, splitSize: SplitSize, maxRecordSize: between(20, 120), pieces: between(1, 100) },
    ({ body, splitSize, maxRecordSize, pieces }) =>
      Effect.gen(function* () {
        const bytes = contentOf({ header: "email,name\n", body })
        const options = { splitSize, maxRecordSize }
        const splitting = yield* splitBytes(bytes, options)
        assert.deepStrictEqual(yield* splitBytes(bytes, options, pieces), splitting)

        const { header, parts } = splitting
        assert.strictEqual(Buffer.from(header).toString(), "email,name")
        assert.deepStrictEqual(parts[0]!.start, { byteOffset: 11, line: 2 })
        assert.deepStrictEqual(
          parts.map(({ end }) => end),
          [...parts.slice(1).map(({ start }) => start.byteOffset), bytes.length],
        )
        for (const [index, { start, end }] of parts.entries()) {
          const isLast = index === parts.length - 1
          if (parts.length > 1) assert.isAtLeast(end - start.byteOffset, isLast ? splitSize / 2 : splitSize)
        }

        for (const chunks of yield* readParts(bytes, splitting, { maxRecordSize })) {
          assert.isTrue(chunks.length > 0 || parts.length === 1)
          assert.deepStrictEqual(
            chunks.map(({ isLast }) => isLast),
            chunks.map((_, index) => index === chunks.length - 1),
          )
        }
      }),
    { arbitrary: { runs: 500 } },
  )

  it.effect.prop(
    "parts of a sound file are longer than asked by no more than a record, the last by half",
    {
      rows: Schema.Array(Schema.Literals(["a@example.com,b", 'c@example.com,"x\ny"', "d@example.com,é"])).check(
        Schema.isMaxLength(60),
      ),
      splitSize: SplitSize,
    },
    ({ rows, splitSize }) =>
      Effect.gen(function* () {
        const longest = 20
        const bytes = encode(["email,name", ...rows, ""].join("\n"))
        const { parts } = yield* splitBytes(bytes, { splitSize })
        for (const [index, { start, end }] of parts.entries()) {
          const asked = index === parts.length - 1 ? splitSize * 1.5 : splitSize
          assert.isBelow(end - start.byteOffset, asked + longest)
        }
      }),
  )

  it.effect("does not cut off what an open quote took in, which is why its line is rejected", () =>
    Effect.gen(function* () {
      const bytes = encode(
        [
          "email,name",
          "a@example.com,A",
          'b@example.com,"open',
          "c@example.com,C",
          'd@example.com,"D"',
          "e@example.com,E",
          "f@example.com,F",
        ].join("\n"),
      )
      const splitting = yield* splitBytes(bytes, {})
      assert.deepStrictEqual(startLines(splitting), [2, 3, 6, 7])
    }),
  )

  it.effect("cuts a file of many bad records too", () =>
    Effect.gen(function* () {
      const rows = Array.from({ length: 1000 }, (_, index) => {
        const row = `u${index}@example.com,"n\n${index}"`
        return index % 5 === 0 ? `${row} of "many"` : row
      })
      const bytes = encode(["email,name", ...rows, ""].join("\n"))
      const splitting = yield* splitBytes(bytes, { splitSize: 1000 })
      assert.isAbove(splitting.parts.length, bytes.length / 1100)
      assert.isTrue(splitting.parts.every(({ start, end }) => end - start.byteOffset < 1600))
      const chunks = yield* readParts(bytes, splitting, {})
      assert.deepStrictEqual(recordsOf(chunks.flat()), recordsOf(yield* read(bytes)))
    }),
  )

  it.effect("a header alone is one part without records", () =>
    Effect.gen(function* () {
      for (const content of ["email,name", "email,name\r\n", "\uFEFFemail,name\n\n\n"]) {
        const bytes = encode(content)
        const splitting = yield* splitBytes(bytes, {})
        assert.deepStrictEqual(
          splitting.parts.map(({ end }) => end),
          [bytes.length],
        )
        assert.deepStrictEqual(yield* readParts(bytes, splitting, {}), [[]])
      }
    }),
  )

  it.effect("joins a small rest to the part before, blank lines or records", () =>
    Effect.gen(function* () {
      const row = "a@example.com,A\n"
      const lines = Effect.fnUntraced(function* (rows: number, rest: string) {
        return startLines(yield* splitBytes(encode(`email,name\n${row.repeat(rows)}${rest}`), { splitSize: 64 }))
      })
      assert.deepStrictEqual(yield* lines(3, ""), [2])
      assert.deepStrictEqual(yield* lines(4, "\n".repeat(100)), [2])
      assert.deepStrictEqual(yield* lines(9, ""), [2, 6])
      assert.deepStrictEqual(yield* lines(10, ""), [2, 6, 10])
      assert.deepStrictEqual(yield* lines(10, "\n".repeat(100)), [2, 6, 10])
    }),
  )

  it.effect.prop(
    "reading a part asks for nothing behind its end",
    { splitSize: between(1, 400), pieces: between(1, 100), chunkSize: between(1, 10) },
    ({ splitSize, pieces, chunkSize }) =>
      Effect.gen(function* () {
        const rows = Array.from({ length: 50 }, (_, index) => `u${index}@example.com,"n\n${index}"\n`)
        const bytes = encode(`email,name\n${rows.join("")}`)
        const { format, header, parts } = yield* splitBytes(bytes, { splitSize })
        let read = 0
        for (const { start, end } of parts) {
          let given = 0
          let isClosed = false
          const options = { mapping, format: { delimiter: "," }, chunkSize, maxRecordSize: 1000 }
          const chunks = yield* Stream.fromIterable(inPieces(bytes.subarray(start.byteOffset), pieces), {
            chunkSize: 1,
          }).pipe(
            Stream.tap((piece) => Effect.sync(() => (given += piece.length))),
            Stream.ensuring(Effect.sync(() => (isClosed = true))),
            readChunks({ ...options, resume: { position: start, header, format, end } }),
            Stream.runCollect,
          )
          assert.isTrue(isClosed)
          const wanted = Math.ceil((end - start.byteOffset) / pieces) * pieces
          assert.strictEqual(given, Math.min(wanted, bytes.length - start.byteOffset))
          assert.isAtMost(chunks.at(-1)!.to.byteOffset, end)
          read += countRecords(chunks)
        }
        assert.strictEqual(read, rows.length)
      }),
  )
})
