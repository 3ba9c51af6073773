import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { SourceError, type SourceFile } from "../../src/domain/SourceFile.ts"
import { Source } from "../../src/source/Source.ts"
import { readFailure } from "../utils/sources.ts"

const text = "email,name\na@example.com,Ada\n"
const damaged = gzipSync(text, { level: 0 })
damaged[20] = damaged[20]! ^ 1

const file: SourceFile = { uri: "/exports/a.csv.gz", name: "a.csv.gz", fingerprint: "1", size: damaged.length }

const errorOf = (message: string) => new SourceError({ operation: "read", uri: file.uri, message })

const sourceOf = (bytes: Stream.Stream<Uint8Array, SourceError>, unchanged: Effect.Effect<void, SourceError>) =>
  Source.of({
    uri: "/exports",
    files: Stream.succeed(file),
    read: () => bytes,
    checkUnchanged: () => unchanged,
  })

describe("decompress", () => {
  it.effect("calls a file damaged that is the one that was listed", () =>
    Effect.gen(function* () {
      const error = yield* readFailure(sourceOf(Stream.succeed(damaged), Effect.void), file)
      assert.strictEqual(error._tag, "SourceError")
      assert.isTrue(error.message.startsWith(`${file.uri} is damaged gzip (incorrect data check)`), error.message)
    }),
  )

  it.effect("calls a file changed that was replaced while it was read", () =>
    Effect.gen(function* () {
      const changed = Effect.fail(errorOf("changed"))
      assert.strictEqual((yield* readFailure(sourceOf(Stream.succeed(damaged), changed), file)).message, "changed")
    }),
  )

  it.effect("passes an error of the source on, without asking it again", () =>
    Effect.gen(function* () {
      const broken = Stream.concat(Stream.succeed(damaged.subarray(0, 5)), Stream.fail(errorOf("broken")))
      const source = sourceOf(broken, Effect.die("asked"))
      assert.strictEqual((yield* readFailure(source, file)).message, "broken")
    }),
  )
})
