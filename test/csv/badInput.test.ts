import { Buffer } from "node:buffer"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as ColumnMapping from "../../src/domain/ColumnMapping.ts"
import { fieldColumns } from "../../src/domain/fileColumns.ts"
import { mapping, messageOf, read, type ReadOptions, rejects, users } from "../utils/csv.ts"

const bytes = (text: string) => new TextEncoder().encode(text)
const latin1 = (text: string) => Buffer.from(text, "latin1")
const concat = (...parts: ReadonlyArray<Uint8Array>) => Buffer.concat(parts)

const failure = (content: string | Uint8Array, options?: Partial<ReadOptions>) =>
  Effect.map(Effect.flip(read(content, options)), (error) => {
    assert.strictEqual(error._tag, "HeaderError")
    return messageOf(error)
  })

const text = "email,name\r\na@example.com,Ada\r\n"
const utf16le = Buffer.from(text, "utf16le")
const utf16be = Buffer.from(text, "utf16le").swap16()
const utf32le = Buffer.from(Uint32Array.from(text, (character) => character.codePointAt(0)!).buffer)

/** Files that cannot be read at all, and the whole of what a person is told. */
const failures: Readonly<Record<string, readonly [content: string | Uint8Array, message: string]>> = {
  "an empty file": ["", "The file is empty, without even a header. Export it again, or remove it."],
  "a file of blank lines": ["\n\r\n\r", "The file is empty, without even a header. Export it again, or remove it."],
  "a byte order mark alone": ["\uFEFF", "The file is empty, without even a header. Export it again, or remove it."],

  "UTF-16, little-endian, without a byte order mark": [
    utf16le,
    "The file is UTF-16 (little-endian) without a byte order mark. Name it with --encoding utf-16le.",
  ],
  "UTF-16, big-endian, without a byte order mark": [
    utf16be,
    "The file is UTF-16 (big-endian) without a byte order mark. Name it with --encoding utf-16be.",
  ],
  "UTF-32": [
    concat(latin1("\xff\xfe\0\0"), utf32le),
    "The file is UTF-32. Convert it to UTF-8 first (iconv -f UTF-32 -t UTF-8).",
  ],

  "a missing header": [
    "mail,name\na@example.com,Ada\n",
    'Header missing: email (the nearest is mail) (the header has 2 fields). Correct the header or the mapping. The header has "mail", "name".',
  ],
  "two missing headers": [
    "mail\n",
    'Headers missing: email (the nearest is mail), name (the header has 1 field). Correct the header or the mapping. The header has "mail".',
  ],
  "a duplicate header": [
    "email,name, email\n",
    'Header "email" appears twice (the header has 3 fields). Correct the header or the mapping. The header has "email", "name", "email".',
  ],
  "empty headers": [",,\n", "The file is empty, without even a header. Export it again, or remove it."],
  "another delimiter": [
    "email;name\na@example.com;b\n",
    'Headers missing: email, name; the delimiter looks like ";" (the header has 1 field). ' +
      'Use that delimiter, or correct the header or the mapping. The header has "email;name".',
  ],
  "records without a header, whose values nobody is told": [
    "Ada,ada@example.com\nBo,bo@example.com\n",
    "Line 1 looks like a record, not a header. Put the column names before it.",
  ],
  "a header that is malformed": [
    'email,"name\na@example.com,Ada\n',
    "Line 1, the header, is malformed: a quote is still open at the end of the file. Correct that line.",
  ],
  "a header after blank lines, with text after a quote": [
    '\n\n"email"x,name\n',
    "Line 3, the header, is malformed: text after a closing quote. Correct that line.",
  ],
  "a header in another encoding": [
    latin1("email,name,pr\xe9nom\na@example.com,Ada,x\n"),
    "The file is not UTF-8. Name its encoding with --encoding, such as windows-1252, or save it as UTF-8.",
  ],
  "a header that is too long": [
    `email,name,${"x".repeat(1_048_576)}\n`,
    "Line 1, the header, is malformed: longer than 1048576 bytes (the maximum record size). Correct that line.",
  ],

  "a gzip": [gzipSync(text), "The file is compressed by gzip. Decompress it first."],
  "an Excel workbook or another ZIP archive": [
    latin1("PK\x03\x04\x14\0\x06\0\b\0\0\0!\0b\xee\x9dh^\x01\0\0\x90\x04\0\0\x13\0"),
    "The file is a ZIP archive or an Excel workbook. Unpack it, or save it as CSV (UTF-8).",
  ],
  "an old Excel workbook": [
    latin1("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0\0\0\0\0"),
    "The file is an Excel workbook. Save it as CSV (UTF-8).",
  ],
  "another compression": [
    latin1("BZh91AY&SYe\x8c\x93\x1a\0\0"),
    "The file is compressed, but not by gzip. Decompress it first.",
  ],
  "a picture": [
    latin1("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\0"),
    "The file does not look like CSV text (it begins with the bytes 89 50 4e 47 0d 0a 1a 0a). Export it as CSV.",
  ],
  zeros: [
    new Uint8Array(100_000),
    "The file does not look like CSV text (it begins with the bytes 00 00 00 00 00 00 00 00). Export it as CSV.",
  ],
}

describe("a file that cannot be read", () => {
  for (const [name, [content, expected]] of Object.entries(failures)) {
    it.effect(`${name} is told by name, with what to do`, () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* failure(content), expected)
      }),
    )
  }

  it.effect.prop(
    "the message is printable and short whatever the header holds",
    {
      names: Schema.Array(
        Schema.Union([
          Schema.String,
          Schema.Literals(["\u001b[31m", "\u202e", "\u2028", "\ud83d", "😀".repeat(50), "\uFEFF", "\0", '"', "\u0085"]),
        ]),
      ).check(Schema.isMaxLength(40)),
      repeated: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 200 })),
      delimiter: Schema.Literals([",", ";", " ", "\t"]),
    },
    ({ names, repeated, delimiter }) =>
      Effect.gen(function* () {
        const header = names.map((name) => `"${name.repeat(repeated).replaceAll('"', '""')}"`).join(delimiter)
        const message = yield* failure(`${header}\n`, { format: { delimiter } })
        assert.match(message, /^[^\p{C}\u2028\u2029]+$/u)
        assert.isBelow(message.length, 1500)
      }),
  )

  it.effect("100,000 columns do not make a message long", () =>
    Effect.gen(function* () {
      const message = yield* failure(Array.from({ length: 100_000 }, (_, index) => `c${index}`).join(",") + "\n")
      assert.isTrue(message.startsWith("Headers missing: email, name (the header has 100,000 fields)."))
      assert.isTrue(message.endsWith('"c18", "c19", ... (100000 in all).'), message)
    }),
  )

  it.effect("all headers that are missing are named, odd ones in quotes", () =>
    Effect.gen(function* () {
      const names = fieldColumns.map((column, index) => (index === 0 ? "Größe" : index === 1 ? "a, b" : column))
      const own = ColumnMapping.make(Object.fromEntries(fieldColumns.map((column, index) => [names[index]!, column])))
      const message = yield* failure("x\n", { mapping: own })
      const listed = ["Größe", '"a, b"', ...names.slice(2)].join(", ")
      assert.isTrue(message.startsWith(`Headers missing: ${listed} (the header has 1 field)`), message)
    }),
  )

  it.effect("a mapping's own names are made printable and short", () =>
    Effect.gen(function* () {
      const odd = ColumnMapping.make(
        Object.fromEntries(fieldColumns.map((column) => [`\u001b[31m${column.repeat(1000)}`, column])),
      )
      const message = yield* failure("x\n", { mapping: odd })
      assert.match(message, /^[^\p{C}]+$/u)
      assert.isBelow(message.length, 1500)
    }),
  )
})

describe("a file with bad records", () => {
  const rows = (count: number) => Array.from({ length: count }, (_, index) => `u${index}@example.com,n${index}`)

  it.effect("a header alone is a file without records", () =>
    Effect.gen(function* () {
      for (const content of ["email,name", "email,name\r\n", "\uFEFFemail,name\n\n\n"]) {
        assert.deepStrictEqual(yield* read(content), [])
      }
    }),
  )

  it.effect("a byte order mark is no part of the first header", () =>
    Effect.gen(function* () {
      for (const content of ["\uFEFFemail,name\na@example.com,Ada\n", '\uFEFF"email","name"\na@example.com,Ada\n']) {
        assert.deepStrictEqual(users(yield* read(content, {}, 1)), [["a@example.com", "Ada"]])
      }
    }),
  )

  it.effect("LF, CRLF and CR may end lines of one file; what they cut within a row is one reject", () =>
    Effect.gen(function* () {
      const chunks = yield* read(
        "email,name\ra@example.com,A\nb@example.com,B\r\nc@example.com,C\rd@example.com,D\n\r\nbad\re@example.com,E\n",
      )
      assert.deepStrictEqual(
        users(chunks).map(([, name]) => name),
        ["A", "B", "C", "D"],
      )
      assert.deepStrictEqual(rejects(chunks), [[7, ["an unquoted field has a line end, and lines end with LF"]]])
    }),
  )

  it.effect("ragged rows are rejected alone", () =>
    Effect.gen(function* () {
      const chunks = yield* read("email,name\na@example.com\nb@example.com,B,,\nc@example.com,C,,c\n,\n,N\n")
      assert.deepStrictEqual(users(chunks), [["b@example.com", "B"]])
      assert.deepStrictEqual(rejects(chunks), [
        [2, ["1 field where the header has 2"]],
        [4, ["4 fields where the header has 2"]],
        [6, ["is missing"]],
      ])
    }),
  )

  it.effect("stray quotes are rejected alone", () =>
    Effect.gen(function* () {
      const chunks = yield* read('email,name\na@example.com,5" disk\n"b"@example.com,B\nc@example.com,"C"\n')
      assert.deepStrictEqual(users(chunks), [["c@example.com", "C"]])
      assert.deepStrictEqual(rejects(chunks), [
        [2, ["a quote inside an unquoted field"]],
        [3, ["text after a closing quote"]],
      ])
    }),
  )

  it.effect("a quote that is never closed on line 2 of a large file costs that line", () =>
    Effect.gen(function* () {
      const count = 60_000
      for (const fill of ["", ',"quoted, with a comma"']) {
        const content = ["email,name", 'a@example.com,"open', ...rows(count).map((row) => row + fill)].join("\n")
        const header = fill === "" ? content : content.replace("email,name", "email,name,x")
        const chunks = yield* read(header)
        assert.strictEqual(users(chunks).length, count)
        const [[line, [reason]]] = rejects(chunks) as [[number, [string]]]
        assert.strictEqual(rejects(chunks).length, 1)
        assert.strictEqual(line, 2)
        const why = fill === "" ? "longer than 1048576 bytes (the maximum record size)" : "text after a closing quote"
        assert.strictEqual(reason, `a quote stays open over several lines: ${why}`)
      }
    }),
  )

  it.effect("NUL bytes are told, and kept out of the columns only", () =>
    Effect.gen(function* () {
      const chunks = yield* read("email,name,x\na@example.com,A\0,\nb\0@example.com,B,\nc@example.com,C,\0\n\0,,\n\0\0")
      assert.deepStrictEqual(users(chunks), [["c@example.com", "C"]])
      assert.deepStrictEqual(rejects(chunks), [
        [2, ["contains a NUL character, which PostgreSQL cannot store"]],
        [3, ["has U+0000, an invisible character"]],
        [5, ["has U+0000, an invisible character"]],
      ])
    }),
  )

  it.effect("invalid UTF-8 of every kind is rejected alone", () =>
    Effect.gen(function* () {
      const kinds = {
        "a lone continuation byte": "\x80",
        "a sequence cut short": "\xe2\x82",
        "an overlong NUL": "\xc0\x80",
        "a surrogate": "\xed\xa0\x80",
        "beyond Unicode": "\xf4\x90\x80\x80",
        "Latin-1": "Jos\xe9",
        "no byte of UTF-8": "\xff",
      }
      for (const [kind, invalid] of Object.entries(kinds)) {
        const good = bytes("g@example.com,日本\n")
        const content = concat(bytes("email,name\n"), good, latin1(`b@example.com,${invalid}\n`), good)
        const chunks = yield* read(content)
        assert.deepStrictEqual(rejects(chunks), [[3, ["not valid UTF-8"]]], kind)
        assert.deepStrictEqual(
          users(chunks),
          [1, 2].map(() => ["g@example.com", "日本"]),
        )
        assert.strictEqual(Buffer.from(chunks[0]!.rejects[0]!.raw).toString("latin1"), `b@example.com,${invalid}`)
      }
    }),
  )

  it.effect("a field of 10 MB is rejected alone; where records may be that long, only what it is too long for", () =>
    Effect.gen(function* () {
      const long = "x".repeat(10_000_000)
      const content = (value: string) => `email,name,y\na@example.com,A,\nb@example.com,${value}\nc@example.com,C,\n`
      const neighbours = ["a@example.com", "c@example.com"]
      for (const value of [`${long},`, `"${long}",`, `,${long}`]) {
        const chunks = yield* read(content(value))
        assert.deepStrictEqual(
          users(chunks).map(([email]) => email),
          neighbours,
        )
        assert.deepStrictEqual(rejects(chunks), [[3, ["longer than 1048576 bytes (the maximum record size)"]]])
        const { raw, length } = chunks[0]!.rejects[0]!
        assert.deepStrictEqual([raw.length, length], [1_048_576, "b@example.com,".length + value.length])
      }
      const options = { maxRecordSize: 67_108_864 }
      assert.deepStrictEqual(rejects(yield* read(content(`${long},`), options)), [
        [3, ["is longer than 80 characters"]],
      ])
      assert.strictEqual(users(yield* read(content(`,${long}`), options)).length, 3)
    }),
  )

  it.effect("300 KB in any column are told at once", () =>
    Effect.gen(function* () {
      const all = ColumnMapping.make(Object.fromEntries(fieldColumns.map((column) => [column, column])))
      for (const filler of ["x", " ", "1", "a@", "1.", "::", "-", "é"]) {
        // Blanks around fields are no text.
        const long = `"${filler.repeat(300_000 / filler.length)}"`
        for (const column of fieldColumns) {
          const row = fieldColumns.map((name) => (name === column ? long : name === "email" ? "a@example.com" : ""))
          const start = process.cpuUsage()
          const content = `${fieldColumns.join(",")}\n${row.join(",")}\n`
          const chunks = yield* read(content, { mapping: all })
          assert.strictEqual(rejects(chunks).length, 1, `${column}, ${filler}`)
          const { user, system } = process.cpuUsage(start)
          assert.isBelow(user + system, 2_000_000, `${column}, ${filler}`)
        }
      }
    }),
  )

  it.effect("100,000 columns are read", () =>
    Effect.gen(function* () {
      const others = Array.from({ length: 100_000 }, (_, index) => `c${index}`).join(",")
      const row = ",1".repeat(100_000)
      const content = `name,${others},email\nA${row},a@example.com\nB${row}\nC${row},c@example.com\n`
      const chunks = yield* read(content)
      assert.deepStrictEqual(users(chunks), [
        ["a@example.com", "A"],
        ["c@example.com", "C"],
      ])
      assert.deepStrictEqual(rejects(chunks), [
        [3, ["100,001 fields where the header has 100,002 (--short-rows null reads the missing ones as null)"]],
      ])
    }),
  )

  it.effect("__proto__ and its kin are ordinary names, mapped or not", () =>
    Effect.gen(function* () {
      const kin = ["__proto__", "constructor", "toString", "hasOwnProperty", "length"]
      const content = `${kin.join(",")},email,name\n1,2,3,4,5,a@example.com,A\n`
      assert.deepStrictEqual(users(yield* read(content)), [["a@example.com", "A"]])
      for (const [index, name] of kin.entries()) {
        const mapped = ColumnMapping.make({ [name]: "first_name", email: "email" })
        assert.deepStrictEqual(users(yield* read(content, { mapping: mapped })), [["a@example.com", String(index + 1)]])
        assert.include(
          yield* failure("email\n", { mapping: mapped }),
          `Header missing: ${name} (the header has 1 field)`,
        )
      }
      assert.deepStrictEqual([...mapping.keys()], ["email", "name"])
    }),
  )
})

describe("a file that a link in a folder leads to", () => {
  const linked = (content: string | Uint8Array, options?: Partial<ReadOptions>) =>
    Effect.map(Effect.flip(read(content, { ...options, isLinked: true })), ({ message }) => message)

  it.effect.each([
    ["root:geheim:1:0\nadm:geheim:2:0\n", "Headers missing: email, name (the header has 1 field, not shown"],
    ["geheim;mail\n", 'the delimiter looks like ";" (the header has 1 field, not shown'],
    [`geheim,${"x,".repeat(30)}name\n`, "Header missing: email (the header has 32 fields, not shown"],
    [latin1("geheim\0\xff\xfe\n"), "does not look like CSV text. Export it as CSV."],
    ["geheim\x01\x02\xff\n", "(the header has 1 field, not shown"],
    ['"geheim"x,name\n', "malformed: text after a closing quote."],
    ["geheim,geheim@example.com\n", "looks like a record, not a header."],
    [utf16le, "is UTF-16 (little-endian) without"],
  ] as ReadonlyArray<readonly [string | Uint8Array, string]>)(
    "%j is reported without its text",
    ([content, expected]) =>
      Effect.gen(function* () {
        const message = yield* linked(content)
        assert.include(message, expected)
        assert.notMatch(message, /geheim|mail@|[0-9a-f]{2} [0-9a-f]{2}/)
      }),
  )

  const Text = Schema.String.check(Schema.isPattern(/^[\w;:, "'\t\0-\x08@.-]{0,40}$/))
  it.effect.prop("no message depends on more than the shape of its header", { text: Text }, ({ text }) =>
    Effect.gen(function* () {
      const marked = text.replaceAll(/\w/g, "Q")
      const message = yield* linked(`${marked},email,QQ\n`)
      assert.notMatch(message, /Q/)
    }),
  )
})
