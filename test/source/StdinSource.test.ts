import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, PlatformError, Stdio, Stream } from "effect"
import { TestConsole } from "effect/testing"
import { gzipSync, zstdCompressSync } from "node:zlib"
import { layer } from "../../src/source/StdinSource.ts"
import { Source } from "../../src/source/Source.ts"
import { onlyFile, read, readFailure } from "../utils/sources.ts"

const make = (stdio: Partial<Stdio.Stdio>) =>
  Effect.map(Layer.build(Layer.provide(layer, Stdio.layerTest(stdio))), Context.get(Source))

const text = "email\nada@example.com\n"

describe("standard input", () => {
  it.effect.each([
    ["plain", Buffer.from(text)],
    ["gzip", gzipSync(text)],
    ["zstd", zstdCompressSync(text)],
  ] as const)("is one file, read once: %s", ([, bytes]) =>
    Effect.gen(function* () {
      let readings = 0
      const stdin = Stream.suspend(() => {
        readings++
        return Stream.fromIterable(Array.from(bytes, (byte) => Uint8Array.of(byte)))
      })
      const source = yield* make({ stdin })
      const file = yield* onlyFile(source)
      assert.strictEqual(readings, 0)
      assert.strictEqual((yield* read(source, file)).toString(), text)
      assert.strictEqual(readings, 1)
    }).pipe(Effect.scoped),
  )

  it.effect("that is read again fails: what was read is gone", () =>
    Effect.gen(function* () {
      const source = yield* make({ stdin: Stream.succeed(Buffer.from(text)) })
      const file = yield* onlyFile(source)
      yield* read(source, file)
      const { message } = yield* readFailure(source, { ...file, uri: "stdin:7" })
      assert.strictEqual(message, "stdin:7: standard input can be read once only.")
    }).pipe(Effect.scoped),
  )

  it.effect("that cannot be read fails with the system's code", () =>
    Effect.gen(function* () {
      const cause = Object.assign(new Error("read"), { code: "EIO" })
      const broken = PlatformError.systemError({ _tag: "Unknown", module: "Stdio", method: "stdin", cause })
      const source = yield* make({ stdin: Stream.concat(Stream.succeed(Buffer.from(text)), Stream.fail(broken)) })
      const { message } = yield* readFailure(source, { ...(yield* onlyFile(source)), uri: "stdin:7" })
      assert.strictEqual(message, "stdin:7: standard input could not be read (EIO).")
    }).pipe(Effect.scoped),
  )

  it.effect.each([
    [true, ["Reading standard input; Ctrl-D ends it."]],
    [false, []],
  ] as ReadonlyArray<readonly [boolean, Array<string>]>)(
    "says how to end it on a terminal (%s)",
    ([isTerminal, expected]) =>
      Effect.gen(function* () {
        const source = yield* make({
          stdin: Stream.succeed(Buffer.from(text)),
          stdinIsTerminal: Effect.succeed(isTerminal),
        })
        yield* read(source, yield* onlyFile(source))
        const lines = (yield* TestConsole.logLines).map(String)
        assert.deepStrictEqual(
          lines.flatMap((line) => /Reading.*/.exec(line)?.[0] ?? []),
          expected,
        )
      }).pipe(Effect.scoped),
  )
})
