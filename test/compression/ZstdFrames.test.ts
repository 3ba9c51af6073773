import { Buffer } from "node:buffer"
import { constants, zstdCompressSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { ZstdFrames } from "../../src/compression/ZstdFrames.ts"
import { tries } from "../utils/tries.ts"
import { cut } from "../utils/pieces.ts"

const Frame = Schema.Struct({
  /** 0 to 4: no text, some that repeats itself or does not, or several blocks of either kind. */
  kind: Schema.Literals([0, 1, 2, 3, 4]),
  level: Schema.Literals([1, 3, 12]),
  checksum: Schema.Literals([0, 1]),
  contentSize: Schema.Literals([0, 1]),
  window: Schema.Literals([10, 15]),
})

/** Bytes that hardly compress. */
const noise = Buffer.from(Uint32Array.from({ length: 40_000 }, (_, index) => (index * 2_654_435_761) >>> 0).buffer)
const texts = [Buffer.of(), Buffer.alloc(90, "a"), noise.subarray(0, 200), Buffer.alloc(300_000, "b"), noise]

const frameOf = ({ checksum, contentSize, kind, level, window }: typeof Frame.Type) =>
  zstdCompressSync(texts[kind]!, {
    params: {
      [constants.ZSTD_c_compressionLevel]: level,
      [constants.ZSTD_c_checksumFlag]: checksum,
      [constants.ZSTD_c_contentSizeFlag]: contentSize,
      [constants.ZSTD_c_windowLog]: window,
    },
  })

describe("ZstdFrames", () => {
  it.prop(
    "cuts after each frame, however the pieces are cut, and knows where the last one has not ended",
    {
      frames: Schema.NonEmptyArray(Frame),
      sizes: Schema.NonEmptyArray(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5_000 }))),
    },
    ({ frames, sizes }) => {
      const written = frames.map(frameOf)
      const bytes = Buffer.concat(written)
      const ends = new Set<number>()
      for (const frame of written) ends.add(Math.max(0, ...ends) + frame.length)
      const found = new ZstdFrames()
      let at = 0
      for (const piece of cut(bytes, sizes)) {
        for (const part of found.cut(piece)) {
          const before = at
          at += part.length
          assert.isTrue(bytes.subarray(before, at).equals(part))
          for (const end of ends) assert.isFalse(before < end && end < at, `${end} is inside ${before} to ${at}`)
        }
        assert.strictEqual(found.isAtEnd, ends.has(at))
      }
      assert.strictEqual(at, bytes.length)
    },
    { arbitrary: { runs: tries(20, 200) } },
  )
})
