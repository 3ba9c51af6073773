import { gzipSync } from "node:zlib"
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

  it.effect.each([
    ["a.csv", "s3://bucket/a.csv: The file is compressed by gzip, but its name does not end in .gz. Rename it."],
    ["a.csv.GZ", "s3://bucket/a.csv.GZ: The file was compressed by gzip twice. Decompress it once."],
  ] as const)("says of the gzip %s what its name shows", ([name, message]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read(gzipSync("email,name\n")))
      assert.strictEqual(headerErrorOf(fileOf(name), error).message, message)
    }),
  )
})
