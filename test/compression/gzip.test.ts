import { createHook } from "node:async_hooks"
import { Buffer } from "node:buffer"
import { constants, Gunzip, gzipSync } from "node:zlib"
import { assert, describe, it, vi } from "@effect/vitest"
import { Effect, Exit, Fiber, Schema, Stream } from "effect"
import { fromByte } from "../../src/domain/byteRange.ts"
import { gzip } from "../../src/compression/gzip.ts"

const uri = "/exports/users.csv.gz"

const Size = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40 }))
const Bytes = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 })))

const concat = (parts: Iterable<Uint8Array>) => Buffer.concat([...parts])

/** The bytes in pieces of the sizes given, over and over. */
const cut = (bytes: Uint8Array, sizes: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const pieces: Array<Uint8Array> = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? bytes.length
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return pieces
}

const inflate = (pieces: Iterable<Uint8Array>, from = 0) =>
  Stream.fromIterable(pieces).pipe(gzip.decompress, fromByte(uri, from), Stream.runCollect, Effect.map(concat))

const failure = (pieces: Iterable<Uint8Array>) => inflate(pieces).pipe(Effect.flip)

const member = (text: string) => gzipSync(text)

/** Zeros, a thousandth of their size when compressed. */
const bombLength = 64 * 1024 * 1024
const bomb = gzipSync(Buffer.alloc(bombLength))

/** How many zlib handles are open: Node tells of each that it makes, and closes one when its stream is destroyed. */
const watchHandles = Effect.acquireRelease(
  Effect.sync(() => {
    const handles = { open: 0 }
    const hook = createHook({ init: (_, type) => void (type === "ZLIB" && handles.open++) }).enable()
    const close = Gunzip.prototype._destroy
    const destroy = vi.spyOn(Gunzip.prototype, "_destroy").mockImplementation(function (this: Gunzip, error, done) {
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

/** Streams end between two turns of Node's event loop. */
const settled = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 50)))

describe("gzip", () => {
  it.effect.prop(
    "gives what was compressed, in one member or several, cut anywhere, from any byte on",
    { texts: Schema.NonEmptyArray(Bytes), sizes: Schema.Array(Size), part: Schema.Int },
    ({ texts, sizes, part }) =>
      Effect.gen(function* () {
        const plain = concat(texts.map((text) => Uint8Array.from(text)))
        const from = Math.abs(part) % (plain.length + 1)
        const pieces = cut(concat(texts.map((text) => gzipSync(Uint8Array.from(text)))), sizes)
        assert.deepStrictEqual(yield* inflate(pieces, from), plain.subarray(from))
      }),
  )

  it.effect("calls a gzip incomplete wherever it is cut short, but not at the end of a member", () =>
    Effect.gen(function* () {
      const first = member("id,email\n1,ana@example.com\n")
      const both = concat([first, member("2,bo@example.com\n")])
      for (let length = 0; length < both.length; length++) {
        if (length === first.length) continue
        const error = yield* failure([both.subarray(0, length)])
        assert.strictEqual(error._tag, "DecompressError")
        assert.include(error.message, "incomplete", `cut at ${length} of ${both.length}`)
      }
      assert.strictEqual((yield* inflate([first])).toString(), "id,email\n1,ana@example.com\n")
    }),
  )

  const garbage = {
    text: Buffer.from("garbage"),
    zeros: Buffer.alloc(512),
    "zeros and a member": concat([Buffer.alloc(512), member("lost")]),
    "half a magic number": Buffer.from([0x1f, 0x00]),
  }
  for (const [name, bytes] of Object.entries(garbage)) {
    it.effect(`refuses ${name} after the last member, in the same piece and in the next`, () =>
      Effect.gen(function* () {
        const gzip = member("id\n1\n")
        for (const pieces of [[concat([gzip, bytes])], [gzip, bytes], cut(concat([gzip, bytes]), [1])]) {
          const error = yield* failure(pieces)
          assert.include(error.message, "other bytes after its gzip data")
        }
      }),
    )
  }

  it.effect("says of a plain CSV that it is not gzip", () =>
    Effect.gen(function* () {
      for (const text of ["id,email\n1,ana@example.com\n", "i", "\u001f", "\u001f,\n"]) {
        const error = yield* failure(cut(Buffer.from(text), [1]))
        assert.include(error.message, text === "\u001f" ? "incomplete" : "is not gzip")
      }
    }),
  )

  it.effect("finds damage by the checksum, or before", () =>
    Effect.gen(function* () {
      const gzip = gzipSync("id,email\n1,ana@example.com\n", { level: constants.Z_NO_COMPRESSION })
      gzip[20] = gzip[20]! ^ 1
      const error = yield* failure([gzip])
      assert.include(error.message, "damaged gzip (incorrect data check)")
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
      assert.strictEqual(yield* broken.pipe(gzip.decompress, Stream.runDrain, Effect.flip), "broken")
    }),
  )

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
      yield* members.pipe(gzip.decompress, Stream.runForEach(consume))
      assert.strictEqual(length, 2 * bombLength)
    }),
  )

  it.effect("closes zlib at the end, on failure, when the consumer has enough and when it is interrupted", () =>
    Effect.gen(function* () {
      const handles = yield* watchHandles
      const compressed = member("1")
      handles.open = 0
      const stalled = Stream.concat(Stream.make(bomb.subarray(0, 1000)), Stream.never)
      const ways = {
        end: Stream.make(compressed).pipe(gzip.decompress, Stream.runDrain, Effect.exit),
        failure: Stream.make(Buffer.from("no gzip")).pipe(gzip.decompress, Stream.runDrain, Effect.exit),
        enough: Stream.make(bomb).pipe(gzip.decompress, Stream.take(1), Stream.runDrain, Effect.exit),
        interruption: Effect.gen(function* () {
          const fiber = yield* stalled.pipe(gzip.decompress, Stream.runDrain, Effect.forkChild)
          yield* settled
          assert.strictEqual(handles.open, 1)
          yield* Fiber.interrupt(fiber)
          return yield* Fiber.await(fiber)
        }),
      }
      for (const [name, way] of Object.entries(ways)) {
        assert.strictEqual(Exit.isSuccess(yield* way), name === "end" || name === "enough", name)
        yield* settled
        assert.strictEqual(handles.open, 0, name)
      }
    }),
  )
})
