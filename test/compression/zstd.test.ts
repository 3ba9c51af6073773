import { Buffer } from "node:buffer"
import { constants, zstdCompressSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { zstd } from "../../src/compression/zstd.ts"
import { cut } from "../utils/pieces.ts"

const inflate = (...pieces: ReadonlyArray<Uint8Array>) =>
  Stream.fromIterable(pieces).pipe(zstd.decompress, Stream.runCollect, Effect.map(Buffer.concat))

/** A frame that decoders skip: `pzstd` writes one before each frame, and indexes are kept in one. */
const skipped = (length: number) => {
  const frame = Buffer.alloc(8 + length, "x")
  frame.writeUInt32LE(0x184d2a50 + (length % 16))
  frame.writeUInt32LE(length, 4)
  return frame
}

/** The head of a frame with a window of 2 ** log bytes, and a block of one byte, repeated three times. */
const windowed = (log: number) => Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (log - 10) << 3, 0x1b, 0, 0, 0x61])

describe("zstd", () => {
  it.effect.prop(
    "skips the frames that have no text, first, between and last",
    {
      frames: Schema.NonEmptyArray(
        Schema.Union([Schema.String, Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 }))]),
      ),
      size: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 60 })),
    },
    ({ frames, size }) =>
      Effect.gen(function* () {
        const bytes = Buffer.concat(
          frames.map((frame) => (typeof frame === "string" ? zstdCompressSync(frame) : skipped(frame))),
        )
        const text = Buffer.concat(frames.map((frame) => Buffer.from(typeof frame === "string" ? frame : "")))
        for (const pieces of [[bytes], cut(bytes, [size])]) {
          assert.isTrue((yield* inflate(...pieces)).equals(text))
        }
      }),
  )

  it.effect("refuses one byte after the last frame", () =>
    Effect.gen(function* () {
      const bytes = zstdCompressSync("id\n1\n")
      for (const pieces of [[bytes, Buffer.from("\n")], [Buffer.concat([bytes, Buffer.from("\n")])]]) {
        assert.include((yield* Effect.flip(inflate(...pieces))).message, "other bytes after its zstd data")
      }
    }),
  )

  it.effect("finds damage by the checksum, where there is one", () =>
    Effect.gen(function* () {
      const text = Buffer.from(Uint8Array.from({ length: 100 }, (_, index) => index))
      const bytes = zstdCompressSync(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })
      bytes[50] = bytes[50]! ^ 1
      const error = yield* Effect.flip(inflate(bytes))
      assert.include(error.message, "is damaged zstd (Restored data doesn't match checksum). Copy or compress")
    }),
  )

  it.effect("refuses a window that takes more than 128 MiB, as zstd does", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* inflate(windowed(27))).toString(), "aaa")
      const { message } = yield* Effect.flip(inflate(windowed(28)))
      assert.include(message, "needs more than 128 MiB of memory to be decompressed")
    }),
  )

  it.effect("says where a dictionary is needed", () =>
    Effect.gen(function* () {
      // Frame header with the number 7 of a dictionary.
      const bytes = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 1, 0x58, 7, 0x1b, 0, 0, 0x61])
      const { message } = yield* Effect.flip(inflate(bytes))
      assert.include(message, "needs the dictionary")
    }),
  )
})
