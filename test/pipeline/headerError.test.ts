import { gzipSync, zstdCompressSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { headerErrorOf } from "../../src/pipeline/headerError.ts"
import { read } from "../utils/csv.ts"

const fileOf = (name: string) => ({ uri: `s3://bucket/${name}`, name, fingerprint: "1", size: 1 })

describe("the error of a file whose header cannot be used", () => {
  it.effect("names the file, and keeps why", () =>
    Effect.gen(function* () {
      const cause = yield* Effect.flip(read(""))
      const { operation, uri, reason, message, cause: kept } = headerErrorOf(fileOf("a.csv"), cause)
      assert.deepStrictEqual([operation, uri, reason], ["read", "s3://bucket/a.csv", "header"])
      assert.strictEqual(message, `s3://bucket/a.csv: ${cause.message}`)
      assert.strictEqual(kept, cause)
    }),
  )

  it.effect("says of standard input that nothing came", () =>
    Effect.gen(function* () {
      const { message } = headerErrorOf({ ...fileOf("-"), uri: "stdin:3" }, yield* Effect.flip(read("")))
      assert.strictEqual(
        message,
        "stdin:3: Standard input is empty, without even a header. Check the command that writes it.",
      )
    }),
  )

  it.effect.each([
    [gzipSync("email,name\n"), "twice. Decompress it once."],
    [zstdCompressSync("email,name\n"), "by another program than gzip and zstd, or twice. Decompress it first."],
    [Buffer.from("BZh91AY&SY"), "by another program than gzip and zstd, or twice. Decompress it first."],
  ] as const)("says of bytes that decompressing has left compressed what to do", ([bytes, end]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read(bytes))
      assert.strictEqual(
        headerErrorOf(fileOf("a.csv"), error).message,
        `s3://bucket/a.csv: The file is compressed ${end}`,
      )
    }),
  )
})
