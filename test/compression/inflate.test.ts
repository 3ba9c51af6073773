import { createHook } from "node:async_hooks"
import { Buffer } from "node:buffer"
import { constants, Gunzip, gzipSync, ZstdDecompress, zstdCompressSync } from "node:zlib"
import { assert, describe, it, vi } from "@effect/vitest"
import { Effect, Exit, Fiber, Schema, Stream } from "effect"
import { fromByte } from "../../src/domain/byteRange.ts"
import { headSize } from "../../src/compression/compressions.ts"
import type { Compression } from "../../src/compression/Compression.ts"
import { gzip } from "../../src/compression/gzip.ts"
import { zstd } from "../../src/compression/zstd.ts"
import { cut } from "../utils/pieces.ts"

const uri = "/exports/users.csv"

const Size = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40 }))
const Bytes = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 })))

const concat = (parts: Iterable<Uint8Array>) => Buffer.concat([...parts])

const zstdCompress = (data: string | Uint8Array) =>
  // As the program `zstd` does, which Node does not by default.
  zstdCompressSync(data, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })

/** What undoes it, and what compresses. */
const pairs = [
  ["gzip", gzip, (data: string | Uint8Array) => gzipSync(data), Gunzip.prototype],
  ["zstd", zstd, zstdCompress, ZstdDecompress.prototype],
] as const

/** Streams end between two turns of Node's event loop. */
const settled = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 50)))

/** How many inflaters are open: Node tells of each that it makes, and closes one when its stream is destroyed. */
const watchHandles = (inflater: Gunzip | ZstdDecompress) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const handles = { open: 0 }
      const hook = createHook({ init: (_, type) => void (/^Z(?:LIB|STD)/.test(type) && handles.open++) }).enable()
      const close = inflater._destroy
      const destroy = vi.spyOn(inflater, "_destroy").mockImplementation(function (this: typeof inflater, error, done) {
        handles.open--
        close.call(this, error, done)
      })
      return { handles, hook, destroy }
    }),
    ({ hook, destroy }) =>
      Effect.sync(() => {
        hook.disable()
        destroy.mockRestore()
      }),
  ).pipe(Effect.map(({ handles }) => handles))

const garbage = {
  text: Buffer.from("garbage"),
  zeros: Buffer.alloc(512),
  "half a magic number": Buffer.from([0x1f, 0x00]),
}

describe.each(pairs)("%s", (name, compression: Compression, compress, prototype) => {
  const { decompress } = compression
  const inflate = (pieces: Iterable<Uint8Array>, from = 0) =>
    Stream.fromIterable(pieces).pipe(decompress, fromByte(uri, from), Stream.runCollect, Effect.map(concat))
  const failure = (pieces: Iterable<Uint8Array>) => Effect.flip(inflate(pieces))
  const member = (text: string) => compress(text)

  it.effect.prop(
    "gives what was compressed, in one part or several, cut anywhere, from any byte on",
    { texts: Schema.NonEmptyArray(Bytes), sizes: Schema.Array(Size), part: Schema.Int },
    ({ texts, sizes, part }) =>
      Effect.gen(function* () {
        const plain = concat(texts.map((text) => Uint8Array.from(text)))
        const from = Math.abs(part) % (plain.length + 1)
        const pieces = cut(concat(texts.map((text) => compress(Uint8Array.from(text)))), sizes)
        assert.deepStrictEqual(yield* inflate(pieces, from), plain.subarray(from))
      }),
  )

  it.effect("calls a file incomplete wherever it is cut short, but not at the end of a part", () =>
    Effect.gen(function* () {
      const first = member("id,email\n1,ana@example.com\n")
      const both = concat([first, member("2,bo@example.com\n")])
      for (const size of [both.length, 1]) {
        for (let length = headSize; length < both.length; length++) {
          if (length === first.length) continue
          const error = yield* failure(cut(both.subarray(0, length), [size]))
          assert.strictEqual(error._tag, "DecompressError")
          assert.include(error.message, "incomplete", `cut at ${length} of ${both.length}`)
        }
      }
      assert.strictEqual((yield* inflate([first])).toString(), "id,email\n1,ana@example.com\n")
    }),
  )

  for (const [kind, bytes] of Object.entries({
    ...garbage,
    "zeros and a part": concat([Buffer.alloc(512), member("lost")]),
  })) {
    it.effect(`refuses ${kind} after the last part, in the same piece and in the next`, () =>
      Effect.gen(function* () {
        const whole = member("id\n1\n")
        for (const pieces of [[concat([whole, bytes])], [whole, bytes], cut(concat([whole, bytes]), [1])]) {
          const error = yield* failure(pieces)
          assert.include(error.message, `other bytes after its ${name} data`)
        }
      }),
    )
  }

  it.effect.prop(
    "never gives other text than was compressed, whatever byte is damaged",
    { at: Schema.Int, bit: Schema.Int },
    ({ at, bit }) =>
      Effect.gen(function* () {
        const text = "id,email\n1,ana@example.com\n2,bo@example.com\n"
        const bytes = Uint8Array.from(compress(text))
        // The first bytes make it a compressed file.
        const damaged = 4 + (Math.abs(at) % (bytes.length - 4))
        bytes[damaged]! ^= 1 << (Math.abs(bit) % 8)
        const result = yield* Effect.result(inflate([bytes]))
        if (result._tag === "Success") assert.strictEqual(result.success.toString(), text)
      }),
  )

  it.effect("fails where the stream ends before the byte it is read from", () =>
    Effect.gen(function* () {
      const error = yield* inflate([member("12345")], 6).pipe(Effect.flip)
      assert.include(error.message, "ends before the byte where reading resumes")
    }),
  )

  it.effect("passes a failure of its input on", () =>
    Effect.gen(function* () {
      const broken = Stream.concat(Stream.make(member("1").subarray(0, 5)), Stream.fail("broken"))
      assert.strictEqual(yield* broken.pipe(decompress, Stream.runDrain, Effect.flip), "broken")
    }),
  )

  /** Zeros, a thousandth of their size when compressed. */
  const bombLength = 64 * 1024 * 1024
  const bomb = compress(Buffer.alloc(bombLength))

  it.effect("inflates no more than its consumer asks for", () =>
    Effect.gen(function* () {
      let fed = 0
      const members = Stream.make(bomb, bomb).pipe(
        Stream.rechunk(1),
        Stream.tap(() => Effect.sync(() => void fed++)),
      )
      let length = 0
      const consume = Effect.fnUntraced(function* (chunk: Uint8Array) {
        if (length === 0) {
          const before = process.memoryUsage().arrayBuffers
          yield* settled
          assert.isBelow(process.memoryUsage().arrayBuffers - before, 1024 * 1024)
        }
        length += chunk.length
        assert.strictEqual(fed, length <= bombLength ? 1 : 2)
      })
      yield* members.pipe(decompress, Stream.runForEach(consume))
      assert.strictEqual(length, 2 * bombLength)
    }),
  )

  it.effect("closes zlib at the end, on failure, when the consumer has enough and when it is interrupted", () =>
    Effect.gen(function* () {
      const handles = yield* watchHandles(prototype)
      const parts = concat([member("1"), member("2")])
      handles.open = 0
      const stalled = Stream.concat(Stream.make(bomb.subarray(0, 1000)), Stream.never)
      const ways = {
        end: Stream.make(parts).pipe(decompress, Stream.runDrain, Effect.exit),
        failure: Stream.make(Buffer.from("nothing compressed")).pipe(decompress, Stream.runDrain, Effect.exit),
        enough: Stream.make(bomb).pipe(decompress, Stream.take(1), Stream.runDrain, Effect.exit),
        interruption: Effect.gen(function* () {
          const fiber = yield* stalled.pipe(decompress, Stream.runDrain, Effect.forkChild)
          yield* settled
          assert.strictEqual(handles.open, 1)
          yield* Fiber.interrupt(fiber)
          return yield* Fiber.await(fiber)
        }),
      }
      for (const [way, effect] of Object.entries(ways)) {
        assert.strictEqual(Exit.isSuccess(yield* effect), way === "end" || way === "enough", way)
        yield* settled
        assert.strictEqual(handles.open, 0, way)
      }
    }),
  )
})
