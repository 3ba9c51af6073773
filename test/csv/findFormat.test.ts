import { Buffer } from "node:buffer"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schema } from "effect"
import * as ColumnMapping from "../../src/domain/ColumnMapping.ts"
import type { FormatOptions } from "../../src/domain/FormatOptions.ts"
import { read, type ReadOptions, rejects, users } from "../utils/csv.ts"
import { between } from "./drawnFormats.ts"

/** Bytes of the beginning of a file that decide its format. */
const sampleSize = 8 * 1024 * 1024

const latin1 = (text: string) => Buffer.from(text, "latin1")

const failure = (content: string | Uint8Array, options: Partial<ReadOptions> = { format: {} }) =>
  Effect.flip(read(content, options))

const names = (content: string | Uint8Array, format: FormatOptions = {}, pieces = 7) =>
  Effect.map(read(content, { format }, pieces), (chunks) => users(chunks).map(([, name]) => name))

describe("the encoding of a file", () => {
  it.effect("is that of its byte order mark, in any pieces, with a sep line and other line ends", () =>
    Effect.gen(function* () {
      for (const lineEnd of ["\n", "\r\n", "\r"]) {
        const text = ["\uFEFFsep=;", "email;name", "a@example.com;Zoë", "b@example.com;\u0a0d\u0d0a", ""].join(lineEnd)
        const wide = Buffer.from(text, "utf16le")
        for (const pieces of [1, 3, 1000]) {
          assert.deepStrictEqual(yield* names(wide, {}, pieces), ["Zoë", "\u0a0d\u0d0a"])
          assert.deepStrictEqual(yield* names(Buffer.from(wide).swap16(), {}, pieces), ["Zoë", "\u0a0d\u0d0a"])
          assert.deepStrictEqual(yield* names(text, {}, pieces), ["Zoë", "\u0a0d\u0d0a"])
        }
      }
    }),
  )

  it.effect("is the one that is given, with second bytes that look like a backslash or a bar", () =>
    Effect.gen(function* () {
      const sjis = latin1('email|name\na@example.com|\x83\x5c\x83\x7c\nb@example.com|"\x83\x7c""\x95\x5c"\n')
      const format: FormatOptions = { encoding: "shift_jis", escape: "backslash" }
      assert.deepStrictEqual(yield* names(sjis, format), ["ソポ", 'ポ"表'])
      const gbk = latin1("email|name\na@example.com|\x81\x5c\x81\x7c\n")
      assert.deepStrictEqual(yield* names(gbk, { encoding: "gb18030", escape: "backslash" }), ["乗亅"])
      assert.deepStrictEqual(
        yield* names(latin1("email,name\na@example.com,Jos\xe9\n"), { encoding: "windows-1252" }),
        ["José"],
      )
    }),
  )

  it.effect("is refused where nothing shows it, with one value as usual encodings read it", () =>
    Effect.gen(function* () {
      const own = ColumnMapping.make({ email: "email", password: "password", first: "first_name", last: "last_name" })
      const text =
        "email,password,first,last,other\nj\xe9@example.com,\xe9\xe9,Ann,Smith,\xe9\nb@example.com,x,Jos\xe9,Mu\xf1oz,\n"
      const error = yield* failure(latin1(text), { format: {}, mapping: own })
      assert.strictEqual(error.reason, "encoding")
      assert.strictEqual(
        error.message,
        "The file is not UTF-8. Name its encoding with --encoding, such as windows-1252, or save it as UTF-8.",
      )
      assert.strictEqual(
        Redacted.value(error.shown!),
        'first_name on line 3 is "José" in windows-1252, "José" in windows-1250, "Josй" in windows-1251.',
      )
      for (const secret of [
        "j\xe9@example.com,x,A,B,\n",
        "a@example.com,\xe9,A,B,\n",
        "a@example.com,x,A,B,\xe9\n",
        "a@example.com,x,j\xe9@b.c,B,\n",
      ]) {
        const hidden = yield* failure(latin1(`email,password,first,last,other\n${secret}`), {
          format: {},
          mapping: own,
        })
        assert.isUndefined(hidden.shown, secret)
      }
      const long = yield* failure(latin1(`email,name\na@example.com,${"\xe9".repeat(100)}\n`))
      assert.include(Redacted.value(long.shown!), `name on line 2 is "${"é".repeat(40)}..." in windows-1252`)
      const odd = yield* failure(latin1("email,name\na@example.com,\xe9\x9d\x7f\n"))
      assert.match(Redacted.value(odd.shown!), /^[^\p{C}]+$/u)
      const linked = yield* failure(latin1("email,name\na@example.com,\xe9\n"), { format: {}, isLinked: true })
      assert.isUndefined(linked.shown)
    }),
  )

  it.effect("is UTF-8 where one record shows that: others are rejects", () =>
    Effect.gen(function* () {
      const chunks = yield* read(latin1("email,name\na@example.com,\xc3\xa9\nb@example.com,\xe9\n"), { format: {} })
      assert.deepStrictEqual(users(chunks), [["a@example.com", "é"]])
      assert.deepStrictEqual(rejects(chunks), [[3, ["not valid UTF-8"]]])
    }),
  )
})

describe("escapes", () => {
  const text = 'email,name\na@example.com,"Ann \\"Annie\\", Smith"\nb@example.com,"Bo"\n'

  it.effect("that make records malformed refuse the file, and are read as they are given", () =>
    Effect.gen(function* () {
      const error = yield* failure(text)
      assert.deepStrictEqual(
        [error.reason, error.message],
        [
          "escape",
          "Line 2 is malformed, as its backslashes may be escapes (1 such line). " +
            "--escape backslash reads them so, --escape doubled rejects these records.",
        ],
      )
      assert.deepStrictEqual(yield* names(text, { escape: "backslash" }), ['Ann "Annie", Smith', "Bo"])
      const doubled = yield* read(text, { format: { escape: "doubled" } })
      assert.deepStrictEqual([users(doubled).length, rejects(doubled).length], [1, 1])
    }),
  )

  it.effect("are none where records are sound with them, or malformed for another reason", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* names('email,name\na@example.com,"C:\\"\n'), ["C:\\"])
      const chunks = yield* read('email,name\na@example.com,"b\\"c"d\nb@example.com,"x"y\n', { format: {} })
      assert.lengthOf(rejects(chunks), 2)
    }),
  )
})

describe("the format of a file", () => {
  it.effect("reads quotes, comments, blanks and short rows as they are given", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* names("email|name\na@example.com|'A|B'\n", { quote: "'" }), ["A|B"])
      assert.deepStrictEqual(yield* names('email,name\na@example.com,"A"\n', { quote: null }), ['"A"'])
      assert.deepStrictEqual(yield* names("email,name\na@example.com,|A,B|\n", { quote: "|" }), ["A,B"])
      assert.deepStrictEqual(yield* names("#x,y\n\uFEFF#z\nemail,name\n#c,d\na@example.com,A\n", { comment: "#" }), [
        "A",
      ])
      assert.deepStrictEqual(yield* names('email , "name"\n a@example.com , "A" \n'), ["A"])
      assert.deepStrictEqual(yield* names("email\tname\n a@example.com\t A \n"), ["A"])
      assert.deepStrictEqual(yield* names("email name\na@example.com\t  A\n", { delimiter: " " }), [])
      assert.deepStrictEqual(yield* names("email\x01name\na@example.com\x01A\n", { delimiter: "\x01" }), ["A"])
      assert.deepStrictEqual(yield* names("email\\name\na@example.com\\A\n", { delimiter: "\\" }), ["A"])
      assert.deepStrictEqual(yield* names("email,name\na@example.com\nb@example.com,\\N\n", { shortRows: "null" }), [
        null,
        null,
      ])
      const untrimmed = yield* read('email,name\na@example.com, "A"\n', { format: { trim: false } })
      assert.deepStrictEqual(rejects(untrimmed), [[2, ["a quote inside an unquoted field"]]])
    }),
  )

  it.effect("has a header of several lines, behind lines over which quotes reach", () =>
    Effect.gen(function* () {
      const text = '"a title,\nover lines"\nemail,"first\nname",name\na@example.com,x,A\n'
      const chunks = yield* read(text, { format: {} }, 5)
      assert.deepStrictEqual(users(chunks), [["a@example.com", "A"]])
      assert.deepStrictEqual([chunks[0]!.format.headerLine, chunks[0]!.users[0]!.line], [3, 5])
      const { format, header, to } = (yield* read(`${text}b@example.com,y,B\n`, { format: {}, chunkSize: 1 }))[0]!
      const rest = yield* read("b@example.com,y,B\n", { format: {}, resume: { position: to, header, format } })
      assert.deepStrictEqual(users(rest), [["b@example.com", "B"]])
    }),
  )

  it.effect.prop(
    "is decided by the same bytes however they come: what is after the sample does not count",
    { cut: between(-4, 4), pieces: Schema.Literals([1_000_003, sampleSize - 1, sampleSize, 2 * sampleSize]) },
    ({ cut, pieces }) =>
      Effect.gen(function* () {
        const row = `a@example.com,Ada,${"x".repeat(1_000_000)}\n`
        const header = "email,name,x\n"
        const fill = header + row.repeat(Math.floor((sampleSize - header.length) / row.length) - 1)
        const last = `b@example.com,Bo,${"x".repeat(500_000)}\nb@example.com,${"x".repeat(sampleSize - fill.length - 500_032 + cut)}`
        const foreign = Buffer.concat([
          latin1(`${fill}${last}`),
          latin1("\xe9\xe9\n"),
          Buffer.from("c@example.com,é,\n"),
        ])
        const isSeen = cut < -1
        const found = yield* Effect.result(read(foreign, { format: {}, chunkSize: 1_000_000 }, pieces))
        // Two bytes that are none of UTF-8: before the sample's end they refuse the file, also where é follows it.
        assert.strictEqual(found._tag, isSeen ? "Failure" : "Success")
      }),
    { arbitrary: { runs: 12 } },
  )

  it.effect("is found where the sample ends within a character, a quoted field, a line end, or a record", () =>
    Effect.gen(function* () {
      const header = "email,name,x\r\n"
      const row = `a@example.com,Ada,${"x".repeat(1_000_000)}\r\n`
      const count = Math.floor((sampleSize - header.length) / row.length)
      const fill = header + row.repeat(count)
      for (const [middle, offset] of [
        ["日", 1],
        ["日", 2],
        ["\r\n", 1],
        ['""', 1],
        ["", 0],
      ] as const) {
        const lead = 'b@example.com,Bo,"'
        const padding = "x".repeat(sampleSize - fill.length - lead.length - offset)
        const text = `${fill}${lead}${padding}${middle}"\r\nc@example.com,Cy,\r\n`
        for (const pieces of [65_536, 2 ** 24]) {
          const chunks = yield* read(text, { format: {}, chunkSize: 1_000_000 }, pieces)
          const total = users(chunks).length + rejects(chunks).length
          assert.deepStrictEqual(
            [total, users(chunks).at(-1)![1], chunks[0]!.format.lineEnd],
            [count + 2, "Cy", "CRLF"],
          )
        }
      }
    }),
  )
})
