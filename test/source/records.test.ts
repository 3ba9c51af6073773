import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import type { Chunk } from "../../src/domain/Chunk.ts"
import type { ColumnMapping } from "../../src/domain/ColumnMapping.ts"
import { readChunks, type ReadOptions } from "../../src/source/records.ts"

const file = { uri: "s3://bucket/users.csv", name: "users.csv", fingerprint: "1", size: 1 }
const mapping: ColumnMapping = new Map([
  ["email", "email"],
  ["name", "first_name"],
])

const read = (content: string | Uint8Array, options: Partial<ReadOptions> = {}, pieces = 1_000_000) => {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content
  const parts: Array<Uint8Array> = []
  for (let start = 0; start < bytes.length; start += pieces) parts.push(bytes.slice(start, start + pieces))
  return Stream.fromIterable(parts).pipe(
    readChunks(file, {
      mapping,
      delimiter: ",",
      chunkSize: 1000,
      maxRecordSize: 1_048_576,
      resume: undefined,
      ...options,
    }),
    Stream.runCollect,
  )
}

const users = (chunks: ReadonlyArray<Chunk>) =>
  chunks.flatMap((chunk) => chunk.users.map(({ user }) => [user.email, user.first_name]))
const rejects = (chunks: ReadonlyArray<Chunk>) =>
  chunks.flatMap((chunk) => chunk.rejects.map(({ line, reasons }) => [line, reasons.map(({ message }) => message)]))

describe("readChunks", () => {
  it.effect("finds columns by header name, in any order, and ignores others", () =>
    Effect.gen(function* () {
      const chunks = yield* read(' name ,x,__proto__,"email"\nAda,1,2,ADA@example.com\n')
      assert.deepStrictEqual(users(chunks), [["ada@example.com", "Ada"]])
      assert.strictEqual(chunks[0]!.users[0]!.user.gender, null)
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
      const invalid = new TextEncoder().encode("email,name\nok1@example.com,a\nbad@example.com,?\nok2@example.com,b\n")
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

  it.effect("a field of quotes only is empty, and a blank line is no record", () =>
    Effect.gen(function* () {
      const only: ColumnMapping = new Map([["email", "email"]])
      const chunks = yield* read('email\n\n""\na@example.com\n', { mapping: only })
      assert.deepStrictEqual(rejects(chunks), [[3, ["is missing"]]])
      assert.deepStrictEqual(users(chunks), [["a@example.com", null]])
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
          const resume = { position: chunk.to, header: chunk.header }
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
    }),
  )

  it.effect.each([
    ["", "is empty"],
    ["\n\n", "is empty"],
    ["name\na\n", 'header "email" is missing (the header has "name"; see --mapping)'],
    ["email,name,email\n", 'header "email" is there twice'],
    ["email;name\na@example.com;b\n", 'the header looks cut by ";": try --delimiter'],
    ['"email,name\n', "the header, is malformed: a quote is still open"],
    [new Uint8Array([0xff, 0xfe, 0x65, 0, 0x6d, 0]), "is UTF-16"],
  ] as ReadonlyArray<readonly [string | Uint8Array, string]>)("fails a file by name: %s", ([content, expected]) =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(read(content))
      assert.include(message, expected)
      assert.include(message, file.uri)
    }),
  )
})
