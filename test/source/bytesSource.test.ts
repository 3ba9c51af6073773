import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { Source } from "../../src/source/Source.ts"
import { list, onlyFile, read, readFailure } from "../utils/sources.ts"

const build = (layer: Layer.Layer<Source>) => Effect.map(Layer.build(layer), Context.get(Source))

describe("Source.fromBytes", () => {
  it.effect("lists files in name order, and gives their bytes from any one on", () =>
    Effect.gen(function* () {
      const source = yield* build(
        Source.fromBytes({ "b.csv": "id\n2\n", "a.csv.gz": gzipSync("id\n1\n"), "é/c.csv": "" }),
      )
      const files = yield* list(source)
      assert.deepStrictEqual(
        files.map(({ name, uri, size }) => [name, uri, name === "a.csv.gz" ? 0 : size]),
        [
          ["a.csv.gz", "memory:/a.csv.gz", 0],
          ["b.csv", "memory:/b.csv", 5],
          ["c.csv", "memory:/é/c.csv", 0],
        ],
      )
      assert.strictEqual((yield* read(source, files[0]!)).toString(), "id\n1\n")
      assert.strictEqual((yield* read(source, files[0]!, 3)).toString(), "1\n")
      assert.strictEqual((yield* read(source, files[1]!, 3)).toString(), "2\n")
      assert.strictEqual((yield* read(source, files[1]!, 5)).toString(), "")
      assert.include((yield* readFailure(source, files[1]!, 6)).message, "ends before the byte")
      assert.strictEqual((yield* read(source, files[2]!)).toString(), "")
    }).pipe(Effect.scoped),
  )

  it.effect("knows a file by its bytes", () =>
    Effect.gen(function* () {
      const fingerprint = (text: string) =>
        Effect.map(Effect.flatMap(build(Source.fromBytes({ "a.csv": text })), onlyFile), (file) => file.fingerprint)
      assert.strictEqual(yield* fingerprint("email\n"), yield* fingerprint("email\n"))
      assert.notStrictEqual(yield* fingerprint("email\nAa\n"), yield* fingerprint("email\nBB\n"))
      const [source, other] = [
        yield* build(Source.fromBytes({ "a.csv": "1" })),
        yield* build(Source.fromBytes({ "a.csv": "2" })),
      ]
      const file = yield* onlyFile(source)
      yield* source.checkUnchanged(file)
      assert.include((yield* readFailure(other, file)).message, "memory:/a.csv is no file of this source")
      assert.strictEqual((yield* Effect.flip(other.checkUnchanged(file)))._tag, "SourceError")
    }).pipe(Effect.scoped),
  )

  it.effect("fails without a file", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(list(yield* build(Source.fromBytes({}, { uri: "mine" }))))
      assert.deepInclude(error, { operation: "list", uri: "mine", reason: "noFile", message: "mine has no file." })
    }).pipe(Effect.scoped),
  )
})
