import { gzipSync, zstdCompressSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Ref, Schema, Stream } from "effect"
import { SourceError, type SourceFile } from "../../src/domain/SourceFile.ts"
import { Progress } from "../../src/observability/Progress.ts"
import { readText } from "../../src/pipeline/decompress.ts"
import { Source } from "../../src/source/Source.ts"
import { cut } from "../utils/pieces.ts"
import { read, readFailure } from "../utils/sources.ts"

const text = "email,name\na@example.com,Ada\n"
const damaged = gzipSync(text, { level: 0 })
damaged[20] = damaged[20]! ^ 1

const fileOf = (name: string): SourceFile => ({ uri: `/exports/${name}`, name, fingerprint: "1", size: 1 })
const file = fileOf("a.csv")

const errorOf = (message: string) => new SourceError({ operation: "read", uri: file.uri, message })

const sourceOf = (bytes: Stream.Stream<Uint8Array, SourceError>, unchanged: Effect.Effect<void, SourceError>) =>
  Source.of({
    uri: "/exports",
    files: Stream.succeed(file),
    read: () => bytes,
    checkUnchanged: () => unchanged,
  })

/** A source of one file, given in pieces, that counts its readings: where each began, and how many are open. */
const watched = (stored: Uint8Array, sizes: ReadonlyArray<number>) => {
  const seen = { from: [] as Array<number>, open: 0, mostOpen: 0 }
  const source = Source.of({
    uri: "/exports",
    files: Stream.succeed(file),
    read: (_, from) =>
      Stream.unwrap(
        Effect.gen(function* () {
          seen.from.push(from)
          yield* Effect.acquireRelease(
            Effect.sync(() => void (seen.mostOpen = Math.max(seen.mostOpen, ++seen.open))),
            () => Effect.sync(() => void seen.open--),
          )
          return Stream.rechunk(Stream.fromIterable(cut(stored.subarray(from), sizes)), 1)
        }),
      ),
    checkUnchanged: () => Effect.void,
  })
  return { source, seen }
}

const compressions = {
  none: (bytes: Uint8Array) => bytes,
  gzip: (bytes: Uint8Array) => gzipSync(bytes),
  zstd: (bytes: Uint8Array) => zstdCompressSync(bytes),
}

const Size = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 60 }))
const Name = Schema.Literals(["a.csv", "a.csv.gz", "a.csv.zst", "a.tsv", "export", "a.GZ"])

describe("the text of a file", () => {
  it.effect.prop(
    "is that of its bytes, whatever its name says, from any byte on, and read once unless the byte is far",
    {
      name: Name,
      compression: Schema.Literals(["none", "gzip", "zstd"]),
      text: Schema.String,
      sizes: Schema.NonEmptyArray(Size),
      part: Schema.Int,
    },
    ({ compression, name, part, sizes, text }) =>
      Effect.gen(function* () {
        const plain = Buffer.from(text)
        const from = Math.abs(part) % (plain.length + 1)
        const stored = compressions[compression](plain)
        const { seen, source } = watched(stored, sizes)
        const events = yield* Ref.make(0)
        const given = yield* read(source, fileOf(name), from).pipe(
          Effect.provideService(Progress, (event) =>
            event._tag === "BytesRead" ? Ref.update(events, (sum) => sum + event.bytes) : Effect.void,
          ),
        )
        assert.isTrue(given.equals(plain.subarray(from)))
        const isFar = compression === "none" && from > 0 && seen.from.length === 2
        assert.deepStrictEqual(seen.from, isFar ? [0, from] : [0])
        if (isFar) assert.isAbove(from, Math.min(...sizes))
        assert.deepStrictEqual([seen.open, seen.mostOpen], [0, 1])
        // Progress counts each stored byte once.
        assert.strictEqual(yield* Ref.get(events), stored.length)
      }),
  )

  it.effect("needs no look at the beginning of a part, or where the source knows that it is plain", () =>
    Effect.gen(function* () {
      for (const [which, isPart] of [
        [file, true],
        [{ ...file, isPlain: true }, false],
      ] as const) {
        const { seen, source } = watched(Buffer.from(text), [4])
        const bytes = yield* Stream.runCollect(readText(source, which, 11, isPart))
        assert.strictEqual(Buffer.concat(bytes).toString(), text.slice(11))
        assert.deepStrictEqual(seen.from, [11])
      }
    }),
  )

  it.effect("is read no further than its first piece where no more is asked for", () =>
    Effect.gen(function* () {
      const broken = Stream.concat(Stream.succeed(Buffer.from(text)), Stream.fail(errorOf("read too far")))
      yield* readText(sourceOf(broken, Effect.void), file, 0).pipe(Stream.take(1), Stream.runDrain)
    }),
  )
})

describe("a compressed file", () => {
  it.effect("is damaged where it is the one that was listed", () =>
    Effect.gen(function* () {
      const error = yield* readFailure(sourceOf(Stream.succeed(damaged), Effect.void), file)
      assert.deepInclude(error, { _tag: "SourceError", reason: "damaged" })
      assert.isTrue(error.message.startsWith(`${file.uri} is damaged gzip (incorrect data check)`), error.message)
    }),
  )

  it.effect("has changed where it was replaced while it was read", () =>
    Effect.gen(function* () {
      const changed = Effect.fail(errorOf("changed"))
      assert.strictEqual((yield* readFailure(sourceOf(Stream.succeed(damaged), changed), file)).message, "changed")
    }),
  )

  it.effect("passes an error of the source on, without asking it again", () =>
    Effect.gen(function* () {
      for (const length of [0, 1, 5]) {
        const broken = Stream.concat(Stream.succeed(damaged.subarray(0, length)), Stream.fail(errorOf("broken")))
        const source = sourceOf(broken, Effect.die("asked"))
        assert.strictEqual((yield* readFailure(source, file)).message, "broken")
      }
    }),
  )
})
