import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { gzip } from "../../src/compression/gzip.ts"
import { split } from "../../src/csv/split.ts"
import { mapping, readChunks } from "../utils/csv.ts"

const mebi = 1024 * 1024
const options = { mapping, format: { delimiter: "," }, chunkSize: 1_000, maxRecordSize: mebi, resume: undefined }

const tooLong =
  "Line 1, the header, is malformed: longer than 1048576 bytes (the maximum record size). Correct that line."

const tooBlank = "The file begins with more than 1048576 bytes of blank lines. Export it again."

/** Beginnings of files, and what goes on after them for 10 GB. */
const cases: ReadonlyArray<readonly [string, string, string, string]> = [
  ["a line that never ends", "email,name,", "x", tooLong],
  ["a line of delimiters", "email,name", ",", tooLong],
  ["a quote that never closes", 'email,"name', "x", tooLong],
  ["a quote that closes in the middle of a field", 'email,"na"me', "x", "text after a closing quote"],
  ["a quote that never closes, over lines", 'email,"name', "x\n", "a quote stays open"],
  ["a byte order mark and a line that never ends", "\ufeffemail,name", "x", tooLong],
  ["blank lines", "", "\n", tooBlank],
  ["carriage returns", "\r", "\r", tooBlank],
  ["blank lines of two bytes", "\ufeff", "\r\n", tooBlank],
]

describe("a header of 10 GB", () => {
  it.effect.each(cases)("is refused when the maximum record size is reached: %s", ([, beginning, rest, expected]) =>
    Effect.gen(function* () {
      const block = Buffer.from(rest.repeat((2 * mebi) / rest.length))
      const parts = { plain: [Buffer.from(beginning), block], gzip: [gzipSync(beginning), gzipSync(block)] }
      for (const [[first, member], read] of [
        [parts.plain, (bytes: Stream.Stream<Uint8Array>) => bytes],
        [parts.gzip, gzip.decompress],
      ] as const) {
        let blocks = 0
        const endless = Stream.tap(Stream.fromIterable(Array<Buffer>(5_120).fill(member!)), () =>
          Effect.sync(() => blocks++),
        )
        const bytes = Stream.concat(Stream.succeed(first!), endless)
        const memory = process.memoryUsage.rss()
        const error = yield* Effect.flip(Stream.runDrain(readChunks(options)(read(bytes))))
        assert.include(error.message, expected)
        const splitting = split({ ...options, splitSize: mebi })(read(bytes))
        assert.strictEqual((yield* Effect.flip(splitting)).message, error.message)
        // Of 5,120: what is read ahead counts, twice.
        assert.isBelow(blocks, 64)
        assert.isBelow(process.memoryUsage.rss() - memory, 150 * mebi)
      }
    }),
  )

  it.effect("is read where it begins after blank lines, and where it just fits", () =>
    Effect.gen(function* () {
      const row = "a@example.com,Ada"
      for (const text of [
        `${"\n".repeat(mebi)}email,name\n${row}\n`,
        `email,name,${"x".repeat(mebi - 11)}\n${row},\n`,
      ]) {
        const chunks = yield* Stream.make(Buffer.from(text)).pipe(readChunks(options), Stream.runCollect)
        assert.deepStrictEqual(
          chunks.flatMap(({ users }) => users.map(({ user }) => user.email)),
          ["a@example.com"],
        )
      }
    }),
  )
})
