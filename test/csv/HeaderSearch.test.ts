import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as ColumnMapping from "../../src/domain/ColumnMapping.ts"
import { messageOf, read, type ReadOptions, rejects, users, type TypedChunk } from "../utils/csv.ts"

const found = { format: {} } satisfies Partial<ReadOptions>

const formats = (chunks: ReadonlyArray<TypedChunk>) => chunks.map(({ format }) => format)

const failure = (content: string, options: Partial<ReadOptions> = found) =>
  Effect.map(Effect.flip(read(content, options)), messageOf)

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const Delimiter = Schema.Literals([",", ";", "\t", "|"])

/** Lines that are no header, and no record under one. */
const Preamble = Schema.Array(
  Schema.Literals([
    "Users of March",
    "made by: CRM, 2026-03-01",
    "",
    "a;b;c",
    "x\ty",
    '"quoted, title"',
    "email only",
    "=",
  ]),
).check(Schema.isMaxLength(30))

const rows = [
  ["a@example.com", "Ada"],
  ["no address", "Bo"],
  ["c@example.com", '"Cy, ""the"" ; | Young"'],
  ["d@example.com"],
] as const

describe("the header of a file", () => {
  it.effect.prop(
    "is found behind any lines, under any delimiter, in any pieces: the records are those of a plain file",
    {
      preamble: Preamble,
      delimiter: Delimiter,
      lineEnd: Schema.Literals(["\n", "\r\n", "\r"]),
      mark: Schema.Literals(["", "\uFEFF"]),
      isNamed: Schema.Boolean,
      pieces: between(1, 200),
    },
    ({ preamble, delimiter, lineEnd, mark, isNamed, pieces }) =>
      Effect.gen(function* () {
        const before = [...(isNamed ? [`sep=${delimiter}`] : []), ...preamble]
        const table = [["email", "name"], ...rows].map((fields) => fields.join(delimiter))
        const text = mark + [...before, ...table].join(lineEnd)
        const chunks = yield* read(text, found, pieces)
        assert.deepStrictEqual(users(chunks), [
          ["a@example.com", "Ada"],
          ["c@example.com", 'Cy, "the" ; | Young'],
        ])
        const first = before.length + 1
        assert.deepStrictEqual(
          rejects(chunks).map(([line]) => line),
          [first + 2, first + 4],
        )
        for (const format of formats(chunks)) assert.deepInclude(format, { delimiter, headerLine: first })

        // What is left of the file is read in the format that was found.
        const [{ format, header, to }] = (yield* read(text, { ...found, chunkSize: 1 }, pieces)) as [TypedChunk]
        const rest = new TextEncoder().encode(text).subarray(to.byteOffset)
        const resumed = yield* read(rest, { ...found, resume: { position: to, header, format } }, pieces)
        assert.deepStrictEqual(users(resumed), [["c@example.com", 'Cy, "the" ; | Young']])
        assert.deepStrictEqual(rejects(resumed), rejects(chunks))
      }),
  )

  it.effect("is looked for under the delimiter that is given, and no other", () =>
    Effect.gen(function* () {
      const text = "sep=;\nemail|name\na@example.com|Ada\n"
      assert.lengthOf(users(yield* read(text, { format: { delimiter: "|" } })), 1)
      assert.include(yield* failure(text), "the delimiter looks like")
      assert.include(
        yield* failure(text, { format: { delimiter: "," } }),
        'Headers missing: email, name; the delimiter looks like "|"',
      )
    }),
  )

  it.effect("is found behind a sep line and many blank ones, and across the pieces of a source", () =>
    Effect.gen(function* () {
      const table = "email;name\na@example.com;Ada\n"
      assert.lengthOf(users(yield* read(`sep=;\n${"\n".repeat(1_000)}${table}`, found)), 1)
      for (const pieces of [100, 65_536, 262_144]) {
        assert.lengthOf(users(yield* read(`${"title\n".repeat(2)}${"x".repeat(65_510)}\n${table}`, found, pieces)), 1)
        const wide = `title\nemail,name,${"x".repeat(170_000)}\na@example.com,Ada,\n`
        assert.lengthOf(users(yield* read(wide, found, pieces)), 1)
      }
    }),
  )

  it.effect.each([
    "email,name\na@example.com,Ada\nid,email,name\n1,c@example.com,Cy\n",
    "name,mail\nAda,a@example.com\nemail,name\nc@example.com,Cy\n",
    "a@example.com;Ada\nemail,name\nc@example.com,Cy\n",
    "a@example.com,Ada,\nemail,name\nc@example.com,Cy\n",
  ])("is not behind records of another table: %j", (text) =>
    Effect.gen(function* () {
      const withId = ColumnMapping.make({ id: "source_id", email: "email", name: "first_name" })
      const options = text.includes("id,") ? { ...found, mapping: withId } : found
      assert.match(yield* failure(text, options), /^Line \d looks like a record, and the header is on line \d\./)
    }),
  )

  it.effect("is not behind a record, which would be lost", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* failure("a@example.com;Ada\nb@example.com;Bo\nemail;name\nc@example.com;Cy\n"),
        "Line 1 looks like a record, and the header is on line 3. Put the header first, or remove the lines before it.",
      )
      const chunks = yield* read("contact: us@example.com\nemail;name\nc@example.com;Cy\n", found)
      assert.lengthOf(users(chunks), 1)
    }),
  )

  it.effect("is looked for in 100 lines and 64 KiB", () =>
    Effect.gen(function* () {
      const table = "email,name\na@example.com,Ada\n"
      const missing =
        'Headers missing: email, name (the header has 1 field). Correct the header or the mapping. The header has "title".'
      assert.lengthOf(users(yield* read("title\n".repeat(99) + table, found)), 1)
      assert.strictEqual(yield* failure("title\n".repeat(100) + table), missing)
      assert.lengthOf(users(yield* read(`title\n${"x".repeat(65_000)}\n${table}`, found, 100)), 1)
      assert.strictEqual(yield* failure(`title\n${"x".repeat(66_000)}\n${table}`), missing)
      // Blank lines do not count.
      assert.lengthOf(users(yield* read("\n".repeat(70_000) + table, found)), 1)
    }),
  )

  it.effect("is described under the delimiter that finds the most fields, where it does not fit", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* failure("Title\tfirst;second;third\n"),
        'Headers missing: email, name (the header has 3 fields). Correct the header or the mapping. The header has "Title\\u{9}first", "second", "third".',
      )
    }),
  )

  it.effect("is the line that lacks the fewest names, where none fits", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* failure("Users, all of them\n\nmail;name;ip\na@example.com;Ada;\n"),
        'Header missing: email (the nearest is mail) (the header has 3 fields). Correct the header or the mapping. The header has "mail", "name", "ip".',
      )
    }),
  )

  it.effect.each(["gender", "extra.rest"] as const)("that lacks a header * for %s is explained", (column) =>
    Effect.gen(function* () {
      const own = ColumnMapping.make({ email: "email", "*": column })
      assert.include(
        yield* failure("email,name\n", { ...found, mapping: own }),
        'Header missing: "*" (all others are "*": "extra") (the header has 2 fields).',
      )
    }),
  )

  it.effect("is the nearest by the columns that it lacks, of which each may have several headers", () =>
    Effect.gen(function* () {
      const either = { email: "email", mail: "email", "e-mail": "email" } as const
      const own = ColumnMapping.make({ ...either, ip: "ip_address", name: "first_name", "*": "extra" })
      // The first lacks one column of three headers, the second two of one each.
      assert.include(
        yield* failure("Users, all of them\nname,ip,x\nemail,x\n", { ...found, mapping: own }),
        "Header missing: email or mail or e-mail (the header has 3 fields).",
      )
      assert.include(
        yield* failure("Users, all of them\nfirst,second\n", { ...found, mapping: own }),
        'The header has "Users", "all of them".',
      )
    }),
  )

  it.effect("has names that are matched as they look: first as they are written, then in any case", () =>
    Effect.gen(function* () {
      const one = yield* read("E\u200bMAIL ,\u00a0Name\na@example.com,Ada\n", found)
      assert.deepStrictEqual(users(one), [["a@example.com", "Ada"]])
      const two = yield* read("Email,email,NAME\nx,a@example.com,Ada\n", found)
      assert.deepStrictEqual(users(two), [["a@example.com", "Ada"]])
      assert.include(yield* failure("Email,EMAIL,name\n"), 'Header "email" appears twice')
      const three = yield* read("email,email\u200b,name\na@example.com,x,Ada\n", found)
      assert.deepStrictEqual(users(three), [["a@example.com", "Ada"]])
      const both = ColumnMapping.make({ email: "email", Name: "first_name", name: "last_name" })
      assert.include(yield* failure("NAME,email\n", { ...found, mapping: both }), "Header missing: name")
    }),
  )
})
