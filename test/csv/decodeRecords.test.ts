import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { frame } from "../../src/csv/frameRecords.ts"
import * as ColumnMapping from "../../src/domain/ColumnMapping.ts"
import * as Extra from "../../src/domain/Extra.ts"
import { fieldColumns } from "../../src/domain/fileColumns.ts"
import { mapping, read, rejects, users } from "../utils/csv.ts"
import { lineEndsOf } from "./drawnFormats.ts"
import { csvLine, filledRecord, filledUser, makeUser } from "../utils/records.ts"
import { updateTexts, versionAt } from "../utils/updates.ts"

describe("frame, decode and chunk", () => {
  it.effect("finds columns by header name, in any order, and ignores others", () =>
    Effect.gen(function* () {
      const chunks = yield* read(' name ,x,__proto__,"email"\nAda,1,2,ADA@example.com\n')
      assert.deepStrictEqual(users(chunks), [["ada@example.com", "Ada"]])
      assert.strictEqual(chunks[0]!.users[0]!.user.gender, null)
    }),
  )

  it.effect("reads each column by itself", () =>
    Effect.gen(function* () {
      const records = [filledRecord, ...fieldColumns.map((column) => ({ [column]: filledRecord[column] }))]
      const lines = records.map((record) => csvLine({ email: "a@example.com", ...record }))
      const [chunk] = yield* read([fieldColumns.join(","), ...lines].join("\n"), {
        mapping: ColumnMapping.make(Object.fromEntries(fieldColumns.map((column) => [column, column]))),
      })
      assert.deepStrictEqual(
        chunk!.users.map(({ user }) => user),
        [{ ...filledUser, extra: null }, ...fieldColumns.map((column) => makeUser({ [column]: filledUser[column] }))],
      )
    }),
  )

  describe("extra", () => {
    const others = { email: "email", Phone: "extra.phone", "*": "extra" } as const
    const extras = (text: string, columns: Parameters<typeof ColumnMapping.make>[0] = others, format = {}) =>
      Effect.map(read(text, { mapping: ColumnMapping.make(columns), format }), (chunks) =>
        chunks.flatMap(({ users }) => users.map(({ user }) => user.extra)),
      )

    it.effect("keeps the fields that have a value, by their names in one order", () =>
      Effect.gen(function* () {
        const header = "Tags,email,b,Phone,,Tags,7"
        const rows = [
          'x,a@example.com,"say ""b""\n2",030 1,,y,seven',
          ",b@example.com,, 2 ,,,",
          ",c@example.com,,,,,",
          ',d@example.com,,\\N, ,"",é',
          ",e@example.com,,,twelve,,",
        ]
        assert.deepStrictEqual(yield* extras([header, ...rows].join("\n")), [
          '{"7":"seven","Tags":"x","Tags (2)":"y","b":"say \\"b\\"\\n2","phone":"030 1"}',
          '{"phone":"2"}',
          null,
          '{"7":"é"}',
          '{"column 5":"twelve"}',
        ])
      }),
    )

    it.effect("has no fields that a short row lacks", () =>
      Effect.gen(function* () {
        const text = "email,Phone,b\na@example.com,1\nb@example.com\nc@example.com,,2\n"
        assert.deepStrictEqual(yield* extras(text, others, { shortRows: "null" }), ['{"phone":"1"}', null, '{"b":"2"}'])
      }),
    )

    it.effect("is null where the mapping keeps nothing", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* extras("email,b\na@example.com,1\n", { email: "email" }), [null])
      }),
    )

    it.effect("leaves out words for nothing: of all fields, of one, and of all that are not named", () =>
      Effect.gen(function* () {
        const columns = {
          email: "email",
          Phone: { column: "extra.phone", null: ["-"] },
          "*": { column: "extra", null: ["none"] },
        } as const
        const text = ["email,Phone,b", "a@example.com,-,-", "b@example.com,none,none", "c@example.com,NULL,NULL"]
        assert.deepStrictEqual(
          yield* extras([...text, "d@example.com,null,Null"].join("\n"), columns, { nullWords: ["NULL"] }),
          ['{"b":"-"}', '{"phone":"none"}', null, '{"b":"Null","phone":"null"}'],
        )
      }),
    )

    it.effect("rejects a record that it cannot be stored of, or is null in it", () =>
      Effect.gen(function* () {
        const long = "x".repeat(65_536)
        const text = `email,Phone,b\na@example.com,1,nul\0\nb@example.com,${long},\nc@example.com,${long.slice(12)},\n`
        const mapping = ColumnMapping.make(others)
        assert.deepStrictEqual(rejects(yield* read(text, { mapping })), [
          [2, ["contains a NUL character, which PostgreSQL cannot store"]],
          [3, ["is longer than 65,536 bytes of JSON"]],
        ])
        const blanked = yield* read(text, { mapping, format: { onBadValue: "null" } })
        assert.deepStrictEqual(
          blanked.flatMap(({ users }) => users.map(({ user }) => user.extra?.length)),
          [undefined, undefined, 65_536],
        )
      }),
    )

    it.effect.prop(
      "is what Extra.make makes of the fields, however they are written",
      {
        names: Schema.UniqueArray(Schema.Literals(["a", "7", "10", "B", "__proto__", "ä", 'q"', "c,d"])),
        rows: Schema.Array(Schema.Array(Schema.Literals(["", "1", " x", '"', "a\nb", "\\u0000", "\u{1f600}"]))).check(
          Schema.isMaxLength(10),
        ),
      },
      ({ names, rows }) =>
        Effect.gen(function* () {
          const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
          const texts = rows.map((row) => names.map((_, index) => row[index] ?? ""))
          const lines = [names, ...texts].map((fields, index) =>
            [index === 0 ? "email" : `${index}@example.com`, ...fields.map(quoted)].join(),
          )
          const expected = texts.map((row) =>
            Extra.make(Object.fromEntries(names.map((name, index) => [name, row[index]!]))),
          )
          assert.deepStrictEqual(yield* extras(lines.join("\n"), { email: "email", "*": "extra" }), expected)
        }),
    )

    it.effect("long names make small batches: each record repeats them", () =>
      Effect.gen(function* () {
        const text = `email,${"n".repeat(60_000)}\n${"a@example.com,1\n".repeat(3_000)}`
        const batchesOf = (columns: Parameters<typeof ColumnMapping.make>[0]) =>
          Stream.succeed(new TextEncoder().encode(text)).pipe(
            frame({ mapping: ColumnMapping.make(columns), format: {}, maxRecordSize: 100_000, resume: undefined }),
            Stream.map(({ frames, rows }) => frames.length + rows.count),
            Stream.runCollect,
          )
        const [plain, kept] = [yield* batchesOf({ email: "email" }), yield* batchesOf({ email: "email", "*": "extra" })]
        for (const sizes of [plain, kept])
          assert.strictEqual(
            sizes.reduce((sum, size) => sum + size),
            3_000,
          )
        assert.isAtMost(plain.length, 5)
        assert.isTrue(kept.every((size) => size <= 34))
      }),
    )

    it.effect("a chunk counts it: many short records under long names end at 8 MiB", () =>
      Effect.gen(function* () {
        const text = `email,${"n".repeat(10_000)}\n${"a@example.com,1\n".repeat(3_000)}`
        const chunks = yield* read(text, {
          mapping: ColumnMapping.make({ email: "email", "*": "extra" }),
          chunkSize: 10_000,
        })
        assert.isAbove(chunks.length, 3)
        assert.isTrue(chunks.every(({ users }) => users.length < 850))
      }),
    )
  })

  it.effect("gives each record the instant of its updated_at", () =>
    Effect.gen(function* () {
      const lines = updateTexts.map((text) => `a@example.com,Ada,${text}`)
      const [chunk] = yield* read(["email,name,day", ...lines].join("\n"), {
        mapping: ColumnMapping.make({ email: "email", name: "first_name", day: "updated_at" }),
      })
      assert.deepStrictEqual(
        chunk!.users.map(({ instant, user }) => ({
          user,
          instant: instant && { seconds: instant.seconds, micros: instant.micros },
        })),
        updateTexts.map((text) => versionAt(makeUser({ first_name: "Ada" }), text)),
      )
    }),
  )

  it.effect("keeps quoted commas, quotes, line breaks and accents", () =>
    Effect.gen(function* () {
      const chunks = yield* read('email,name\r\na@example.com,"Zoë, ""Z""\nB"\r\n')
      assert.deepStrictEqual(users(chunks), [["a@example.com", 'Zoë, "Z"\nB']])
    }),
  )

  it.effect("rejects records alone, with every reason", () =>
    Effect.gen(function* () {
      const invalid = new TextEncoder().encode("email,name\nok1@example.com,é\nbad@example.com,?\nok2@example.com,b\n")
      invalid[invalid.indexOf(63)] = 0xff
      assert.deepStrictEqual(rejects(yield* read(invalid)), [[3, ["not valid UTF-8"]]])
      assert.strictEqual(users(yield* read(invalid)).length, 2)

      const chunks = yield* read(`email,name\nnobody,${"x".repeat(81)}\nok@example.com,a,b\nok@example.com,a\n`)
      assert.deepStrictEqual(rejects(chunks), [
        [2, ["is longer than 80 characters", "is not a valid e-mail address"]],
        [3, ["3 fields where the header has 2"]],
      ])
      assert.deepStrictEqual(users(chunks), [["ok@example.com", "a"]])
    }),
  )

  it.effect("rows without text are no records, and counted: empty quotes, delimiters, blanks", () =>
    Effect.gen(function* () {
      const only = ColumnMapping.make({ email: "email" })
      const chunks = yield* read('email\n\n""\na@example.com\n', { mapping: only })
      assert.deepStrictEqual(rejects(chunks), [])
      assert.deepStrictEqual(users(chunks), [["a@example.com", null]])
      for (const pieces of [1, 1000]) {
        const text = 'email,name\n,\n\na@example.com,A\n , \n"",\nb@example.com,B\n\0\0\n\x1a'
        const bytes = new TextEncoder().encode(text)
        const parts = Array.from({ length: Math.ceil(bytes.length / pieces) }, (_, index) =>
          bytes.subarray(index * pieces, (index + 1) * pieces),
        )
        const options = { mapping, format: {}, maxRecordSize: 1000, resume: undefined }
        const framed = yield* Stream.fromIterable(parts).pipe(frame(options), Stream.runCollect)
        assert.strictEqual(
          framed.reduce((sum, { blankRows }) => sum + blankRows, 0),
          5,
        )
        assert.strictEqual(
          framed.reduce((sum, { frames, rows }) => sum + frames.length + rows.count, 0),
          2,
        )
      }
    }),
  )

  it.effect.prop(
    "chunks hold at most chunkSize records, lose none, and each goes on where the one before ended",
    {
      count: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60 })),
      chunkSize: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 25 })),
      pieces: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 300 })),
    },
    ({ count, chunkSize, pieces }) =>
      Effect.gen(function* () {
        const rows = Array.from({ length: count }, (_, index) =>
          index % 7 === 3 ? "broken" : `u${index}@example.com,"n\n${index}"`,
        )
        const text = ["email,name", ...rows].join("\n") + "\n"
        const chunks = yield* read(text, { chunkSize }, pieces)
        const sizes = chunks.map((chunk) => chunk.users.length + chunk.rejects.length)
        assert.isTrue(sizes.every((size, index) => size === chunkSize || (index === sizes.length - 1 && size > 0)))
        assert.strictEqual(
          sizes.reduce((sum, size) => sum + size, 0),
          count,
        )
        for (const [index, chunk] of chunks.entries()) {
          if (index > 0) assert.deepStrictEqual(chunk.from, chunks[index - 1]!.to)
          const resume = { position: chunk.to, header: chunk.header, format: chunk.format }
          const rest = yield* read(text.slice(chunk.to.byteOffset), { chunkSize, resume }, pieces)
          assert.deepStrictEqual(rest, chunks.slice(index + 1))
        }
      }),
  )

  it.effect("ends a chunk at 8 MiB of text", () =>
    Effect.gen(function* () {
      const long = `a@example.com,"${"x".repeat(1_000_000)}"\n`
      const chunks = yield* read("email,name\n" + long.repeat(20), {}, 65_536)
      assert.deepStrictEqual(
        chunks.map((chunk) => chunk.rejects.length),
        [9, 9, 2],
      )
      const options = { maxRecordSize: 64 * 1024 * 1024 }
      const longer = yield* read("email,name\n" + long.replace("x", "x".repeat(9_000_000)).repeat(3), options)
      assert.deepStrictEqual(
        longer.map((chunk) => chunk.rejects.map(({ raw, length }) => raw.length === length)),
        [[true], [true], [true]],
      )
    }),
  )

  it.effect.prop(
    "a user keeps its record's bytes and where they are",
    {
      rows: Schema.Array(
        Schema.Literals(["a@example.com,b", 'b@example.com,"x\ny"', "c@example.com,é", "", "x", '"']),
      ).check(Schema.isMaxLength(20)),
      end: Schema.Literals(["\n", "\r", "\r\n"]),
      pieces: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100 })),
    },
    ({ rows, end, pieces }) =>
      Effect.gen(function* () {
        const text = ["email,name", ...rows].join(end)
        const bytes = new TextEncoder().encode(text)
        for (const chunk of yield* read(text, { chunkSize: 3 }, pieces)) {
          for (const { user, byteOffset, line, raw } of chunk.users) {
            assert.deepStrictEqual(raw, bytes.slice(byteOffset, byteOffset + raw.length))
            assert.include(rows, Buffer.from(raw).toString())
            assert.isTrue(Buffer.from(raw).toString().startsWith(`${user.email},`))
            assert.strictEqual(
              line,
              Buffer.from(bytes.subarray(0, byteOffset))
                .toString()
                .split(/\r\n|\r|\n/).length,
            )
          }
        }
      }),
  )

  it.effect.prop(
    "a rejected record keeps where it is, what it is up to the limit, and how long it is",
    {
      rows: Schema.Array(
        Schema.Literals(["a@example.com,b", "\n", "\r", "\r\n", '"', ",", "x", "é", "y".repeat(40)]),
      ).check(Schema.isMaxLength(40)),
      invalid: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 200 })),
      maxRecordSize: Schema.Int.check(Schema.isBetween({ minimum: 10, maximum: 100 })),
      chunkSize: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10 })),
      pieces: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100 })),
      mark: Schema.Boolean,
    },
    ({ rows, invalid, maxRecordSize, chunkSize, pieces, mark }) =>
      Effect.gen(function* () {
        const bytes = new TextEncoder().encode(`${mark ? "\uFEFF" : ""}email,name\né,\n${rows.join("")}`)
        bytes.fill(0xff, 18 + invalid, 19 + invalid)
        const chunks = yield* read(bytes, { maxRecordSize, chunkSize }, pieces)
        let end = 0
        for (const chunk of chunks) {
          for (const { byteOffset, line, raw, length, reasons } of chunk.rejects) {
            assert.isAtLeast(byteOffset, end)
            assert.isAbove(length, 0)
            end = byteOffset + length
            assert.deepStrictEqual(raw, bytes.slice(byteOffset, byteOffset + Math.min(length, maxRecordSize)))
            const before = Buffer.from(bytes.subarray(0, byteOffset)).toString("latin1")
            assert.strictEqual(line, before.split(new RegExp(lineEndsOf(chunk.format))).length)
            assert.match(Buffer.from(bytes.subarray(end, end + 1)).toString(), /^[\r\n]?$/)
            assert.isAbove(reasons.length, 0)
          }
          assert.isAtMost(end, chunk.to.byteOffset)
        }
      }),
    { arbitrary: { runs: 500 } },
  )
})
