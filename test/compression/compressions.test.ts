import { gzipSync, zstdCompressSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { compressionOf, headSize } from "../../src/compression/compressions.ts"
import { gzip } from "../../src/compression/gzip.ts"
import { zstd } from "../../src/compression/zstd.ts"

const headOf = (bytes: string | Uint8Array) => Buffer.from(bytes).subarray(0, headSize)

describe("the first bytes of a file", () => {
  it.prop("show how it is compressed", { text: Schema.String }, ({ text }) => {
    assert.strictEqual(compressionOf(headOf(gzipSync(text))), gzip)
    assert.strictEqual(compressionOf(headOf(zstdCompressSync(text))), zstd)
  })

  it("may be those of a frame of zstd that is skipped", () => {
    for (let type = 0; type < 16; type++) {
      assert.strictEqual(compressionOf(Uint8Array.of(0x50 + type, 0x2a, 0x4d, 0x18)), zstd)
    }
  })

  it.prop("are of no compression where they are text", { text: Schema.String }, ({ text }) => {
    const printed = text.replaceAll(/\p{Cc}/gu, "")
    for (const text of [printed, `P*M${printed}`, `(\u00b5/\u00fd${printed}`, `_*M,${printed}`]) {
      assert.isUndefined(compressionOf(headOf(text)))
      assert.isUndefined(compressionOf(headOf(`\ufeff${text}`)))
      assert.isUndefined(compressionOf(headOf(Buffer.from(`\ufeff${text}`, "utf16le"))))
    }
  })

  it("are too few to show it", () => {
    for (const few of [[], [0x1f], [0x28, 0xb5, 0x2f]]) assert.isUndefined(compressionOf(Uint8Array.from(few)))
  })
})
