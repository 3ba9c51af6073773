import { gzipSync, zstdCompressSync } from "node:zlib"
import { assert, layer } from "@effect/vitest"
import { Effect, Exit, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { SourceFile } from "../../../src/domain/SourceFile.ts"
import type { Fault } from "../../utils/faultyProxy.ts"
import { asTimePasses, bucket, makeSetting, pause, withBucket, xmlError } from "../../utils/s3Setting.ts"
import { list, onlyFile, read, readFailure } from "../../utils/sources.ts"

/** More than sockets and streams buffer, no byte like its neighbours'. */
const long = Buffer.from(Uint32Array.from({ length: 2_000_000 }, (_, index) => index).buffer)

layer(withBucket)("S3Source, reading", (it) => {
  it.effect("gives the bytes from any one on, decompressed where they are compressed, as often as asked", () =>
    Effect.gen(function* () {
      const { put, source, gets } = yield* makeSetting
      yield* put("empty.csv", "")
      yield* put("long.csv", long)
      // As stored by who sets Content-Encoding, which no name shows.
      yield* put("encoded.csv", gzipSync(long, { level: 1 }), { "content-encoding": "gzip" })
      yield* put("frames.csv", zstdCompressSync(long))
      const s3 = yield* source()
      const [empty, gzip, plain, zstd] = yield* Effect.map(list(s3), (files) =>
        ["empty.csv", "encoded.csv", "long.csv", "frames.csv"].map((name) => files.find((file) => file.name === name)),
      )
      assert.isTrue((yield* read(s3, empty!)).equals(Buffer.of()))
      for (const file of [plain!, gzip!, zstd!]) {
        for (const from of [0, 1, 4_000_001, long.length - 1, long.length]) {
          assert.isTrue((yield* read(s3, file, from)).equals(long.subarray(from)), `${file.name} from ${from}`)
        }
        const error = yield* readFailure(s3, file, long.length + 1)
        assert.isTrue(error.message.startsWith(`${file.uri} ends before the byte where reading resumes`), error.message)
      }
      const rangesOf = (file: SourceFile | undefined) =>
        gets().flatMap(({ range = "all", version }) => (version === file!.fingerprint ? [range] : []))
      assert.deepStrictEqual(rangesOf(empty), ["all"])
      // The second: a byte that the first request has brought.
      assert.deepStrictEqual(rangesOf(plain).slice(0, 4), ["all", "all", "all", "bytes=4000001-"])
      for (const file of [gzip, zstd]) assert.deepStrictEqual(new Set(rangesOf(file)), new Set(["all"]))
    }),
  )

  it.effect("goes on from the byte that was reached when an answer breaks", () =>
    Effect.gen(function* () {
      const { put, source, state, gets } = yield* makeSetting
      yield* put("long.csv", long)
      const s3 = yield* source()
      const file = yield* onlyFile(s3)
      const faults: Array<Fault | undefined> = [
        { after: 3_000_001, fails: "end" },
        { answer: 503, headers: {} },
        { after: 2_000_000, fails: "reset" },
        undefined,
      ]
      state.faults = () => faults.shift()
      assert.isTrue((yield* asTimePasses(read(s3, file))).equals(long))
      const [first, ...others] = gets()
      assert.isUndefined(first!.range)
      // Where exactly a reset is noticed is not the sender's to say.
      assert.deepStrictEqual(
        others.slice(0, 2).map(({ range }) => range),
        ["bytes=3000001-", "bytes=3000001-"],
      )
      const last = Number(/^bytes=(\d+)-$/.exec(others[2]!.range!)![1])
      assert.isTrue(last > 3_000_001 && last <= 5_000_001, `${last}`)
      assert.deepStrictEqual(new Set(gets().map(({ version }) => version)), new Set([file.fingerprint]))
    }),
  )

  it.effect("goes on inside a gzip", () =>
    Effect.gen(function* () {
      const { put, source, state, gets } = yield* makeSetting
      yield* put("long.csv.gz", gzipSync(long, { level: 1 }))
      const s3 = yield* source()
      const file = yield* onlyFile(s3)
      state.faults = () => (gets().length === 1 ? { after: 500_000, fails: "end" } : undefined)
      assert.isTrue((yield* asTimePasses(read(s3, file, 1_000_000))).equals(long.subarray(1_000_000)))
      assert.deepStrictEqual(
        gets().map(({ range }) => range),
        [undefined, "bytes=500000-"],
      )
    }),
  )

  it.effect("goes on when no byte comes for a minute, but waits as long as its consumer takes", () =>
    Effect.gen(function* () {
      const { put, source, state, gets } = yield* makeSetting
      yield* put("long.csv", long)
      const s3 = yield* source()
      const file = yield* onlyFile(s3)
      const slow = s3.read(file, 0).pipe(
        Stream.rechunk(1),
        Stream.mapAccum(
          () => 0,
          (chunks, bytes) => [chunks + 1, [{ chunks, bytes }]] as const,
        ),
        Stream.tap(({ chunks }) => (chunks === 1 ? TestClock.adjust("10 minutes") : Effect.void)),
        Stream.map(({ bytes }) => bytes),
        Stream.runCollect,
        Effect.map(Buffer.concat),
      )
      assert.isTrue((yield* slow).equals(long))
      assert.lengthOf(gets(), 1)

      state.faults = () => {
        if (gets().length === 2) return { after: 1_000_000, fails: "stall" }
        return gets().length === 3 ? "no answer" : undefined
      }
      assert.isTrue((yield* asTimePasses(read(s3, file))).equals(long))
      assert.deepStrictEqual(
        gets()
          .slice(1)
          .map(({ range }) => range),
        [undefined, "bytes=1000000-", "bytes=1000000-"],
      )
    }),
  )

  it.effect("gives up when eight further answers bring no byte", () =>
    Effect.gen(function* () {
      const { put, source, state, gets, prefix } = yield* makeSetting
      yield* put("long.csv", long)
      const s3 = yield* source()
      const file = yield* onlyFile(s3)
      state.faults = () => ({ after: gets().length === 1 ? 1000 : 0, fails: "end" })
      const error = yield* asTimePasses(readFailure(s3, file))
      assert.strictEqual(error._tag, "SourceError")
      assert.strictEqual(error.operation, "read")
      assert.strictEqual(error.uri, `s3://${bucket}/${prefix}long.csv`)
      assert.include(error.message, "The connection broke")
      assert.deepStrictEqual(
        gets().map(({ range }) => range),
        [undefined, ...Array(8).fill("bytes=1000-")],
      )
    }),
  )

  it.effect("closes the connection when the consumer has enough, or is interrupted before or after the answer", () =>
    Effect.gen(function* () {
      const { put, source, state, seen } = yield* makeSetting
      yield* put("long.csv", long)
      const s3 = yield* source()
      const file = yield* onlyFile(s3)
      const over = Effect.suspend(() =>
        Effect.raceFirst(
          Effect.promise(() => seen.at(-1)!.over),
          pause(5000),
        ),
      )

      const checked = { etag: file.fingerprint, "x-amz-checksum-crc32": "AAAAAA==" }
      for (const fault of [undefined, { answer: 200, headers: checked, body: long }]) {
        state.faults = () => fault
        yield* s3.read(file, 0).pipe(Stream.take(1), Stream.runDrain)
        assert.isFalse(yield* over)
      }

      for (const fault of ["no answer", { after: 1000, fails: "stall" }] as const) {
        state.faults = () => fault
        const requests = seen.length
        const fiber = yield* s3.read(file, 0).pipe(Stream.runDrain, Effect.forkChild)
        while (seen.length === requests) yield* pause(5)
        if (fault !== "no answer") yield* pause(100)
        yield* Fiber.interrupt(fiber)
        assert.isTrue(Exit.isFailure(yield* Fiber.await(fiber)))
        assert.isFalse(yield* over)
      }
      state.faults = () => undefined
      assert.isTrue((yield* read(s3, file)).equals(long))
      assert.isTrue(yield* over)
    }),
  )

  it.effect("refuses an object that is not the one listed, whether or not the store compares versions", () =>
    Effect.gen(function* () {
      const { put, remove, source, state } = yield* makeSetting
      yield* put("a.csv", "id\n1\n")
      const s3 = yield* source()
      const file = yield* onlyFile(s3)
      yield* put("a.csv", "id\n2\n")
      for (const from of [0, 3, 5]) {
        assert.include((yield* readFailure(s3, file, from)).message, "changed after it was listed")
      }
      state.faults = () => xmlError(412, "PreconditionFailed")
      assert.include((yield* readFailure(s3, file)).message, "changed after it was listed")
      state.faults = () => undefined
      yield* remove("a.csv")
      const error = yield* readFailure(s3, file)
      assert.include(error.message, file.uri)
      assert.include(error.message, "was deleted after it was listed")
    }),
  )

  it.effect("sees whether an object is still the one that was listed", () =>
    Effect.gen(function* () {
      const { put, remove, source } = yield* makeSetting
      yield* put("a.csv", "id\n1\n")
      const s3 = yield* source()
      const file = yield* onlyFile(s3)
      yield* s3.checkUnchanged(file)
      yield* put("a.csv", "id\n2\n")
      assert.include((yield* Effect.flip(s3.checkUnchanged(file))).message, "changed after it was listed")
      yield* remove("a.csv")
      assert.include((yield* Effect.flip(s3.checkUnchanged(file))).message, "was deleted after it was listed")
    }),
  )

  it.effect("never splices two versions", () =>
    Effect.gen(function* () {
      const { put, source, state, gets } = yield* makeSetting
      yield* put("long.csv", long)
      const s3 = yield* source()
      const file = yield* onlyFile(s3)
      state.faults = () => (gets().length === 1 ? { after: 1_000_000, fails: "end" } : undefined)
      let length = 0
      const error = yield* s3.read(file, 0).pipe(
        Stream.tap((chunk) => {
          const replaces = length === 0
          length += chunk.length
          return replaces ? put("long.csv", long.toReversed()) : Effect.void
        }),
        Stream.runDrain,
        Effect.flip,
        asTimePasses,
      )
      assert.include(error.message, "changed after it was listed")
      assert.strictEqual(length, 1_000_000)
      assert.lengthOf(gets(), 2)
    }),
  )

  it.effect("compares what comes with what was listed and asked for", () =>
    Effect.gen(function* () {
      const { put, source, state, gets } = yield* makeSetting
      yield* put("a.csv", "id\n1\n")
      const s3 = yield* source()
      const file = yield* onlyFile(s3)
      const headers = { etag: file.fingerprint }
      const chunked = { ...headers, "transfer-encoding": "chunked" }
      const answers = [
        [{ answer: 200, headers, body: "id\n" }, 0, "a different number of bytes"],
        [{ answer: 200, headers: chunked, body: "id\n123456" }, 0, "a different number of bytes"],
        [{ answer: 200, headers, body: "id\n1\n" }, 3, "cannot send the rest"],
        [
          { answer: 206, headers: { ...headers, "content-range": "bytes 2-4/5" }, body: "1\n" },
          3,
          "cannot send the rest",
        ],
        [
          { answer: 200, headers: { ...headers, "x-amz-checksum-crc32": "AAAAAA==" }, body: "id\n1\n" },
          0,
          "checksum is wrong",
        ],
      ] as const
      for (const [fault, from, expected] of answers) {
        const before = gets().length
        state.faults = () => fault
        assert.include((yield* Effect.flip(Stream.runDrain(s3.read(file, from)))).message, expected)
        assert.strictEqual(gets().length, before + 1)
      }
      state.faults = () => (gets().length % 2 === 0 ? { answer: 200, headers: chunked, body: "id\n" } : undefined)
      assert.strictEqual((yield* asTimePasses(read(s3, file))).toString(), "id\n1\n")
      assert.strictEqual(gets().at(-1)!.range, "bytes=3-")
    }),
  )
})
