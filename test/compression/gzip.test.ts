import { constants, gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { gzip } from "../../src/compression/gzip.ts"

describe("gzip", () => {
  it.effect("finds damage by the checksum, or before", () =>
    Effect.gen(function* () {
      const bytes = gzipSync("id,email\n1,ana@example.com\n", { level: constants.Z_NO_COMPRESSION })
      bytes[20] = bytes[20]! ^ 1
      const error = yield* Stream.make(bytes).pipe(gzip.decompress, Stream.runDrain, Effect.flip)
      assert.include(error.message, "damaged gzip (incorrect data check)")
    }),
  )
})
