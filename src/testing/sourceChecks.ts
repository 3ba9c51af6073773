// The promises of `Source`, as checks that any implementation can be run through.

import { Effect, type Layer, Stream } from "effect"
import { byName, type SourceFile } from "../domain/SourceFile.ts"
import { Source } from "../source/Source.ts"
import { type Check, checksOf, expect, expectEqual } from "./check.ts"

const sum = (chunks: ReadonlyArray<Uint8Array>): Uint8Array => {
  const bytes = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

const text = (bytes: Uint8Array): string => new TextDecoder("latin1").decode(bytes)

const listed = Effect.flatMap(Source, ({ files }) => Stream.runCollect(files))

const read = (file: SourceFile, from: number) =>
  Effect.flatMap(Source, (source) =>
    Effect.map(Stream.runCollect(source.read(file, from)), (chunks) => text(sum(chunks))),
  )

/**
 * Checks of a `Source`. `files`: what it lists, bytes as stored by name. `change`: changes the bytes of one of its
 * files, and returns its name; without it no check shows that two versions are never spliced.
 *
 * @example
 * ```ts
 * import { it } from "@effect/vitest"
 * import { Source } from "user-activity-etl"
 * import * as Testing from "user-activity-etl/testing"
 *
 * const files = { "a.csv": "email\na@example.com\n" }
 * for (const { check, name } of Testing.sourceChecks({ layer: Source.fromBytes(files), files })) it.effect(name, () => check)
 * ```
 */
export const sourceChecks = <ROut, E, E2>({
  change,
  files,
  layer,
}: {
  readonly layer: Layer.Layer<ROut | Source, E>
  readonly files: Readonly<Record<string, string | Uint8Array>>
  readonly change?: Effect.Effect<string, E2, ROut>
}): ReadonlyArray<Check<unknown>> => {
  const expected = new Map(
    Object.entries(files).map(([name, content]) => [
      name,
      text(typeof content === "string" ? new TextEncoder().encode(content) : content),
    ]),
  )
  const eachFile = <E3, R>(check: (file: SourceFile, content: string) => Effect.Effect<void, E3, R>) =>
    Effect.flatMap(listed, (found) =>
      Effect.forEach(found, (file) => check(file, expected.get(file.name) ?? ""), { discard: true }),
    )

  return checksOf(layer)({
    "lists its files, each with its name, size and URI": Effect.gen(function* () {
      const { uri } = yield* Source
      const found = yield* listed
      yield* expectEqual("names", found.map(({ name }) => name).sort(), [...expected.keys()].sort())
      yield* expectEqual("different URIs", new Set(found.map((file) => file.uri)).size, found.length)
      yield* expect("the source has no URI", uri !== "")
      yield* eachFile((file, content) => expectEqual(`the size of ${file.name}`, file.size, content.length))
    }),

    "lists them in name order, by UTF-8 bytes, and the same each time": Effect.gen(function* () {
      const found = yield* listed
      yield* expectEqual(
        "URIs",
        found.map(({ uri }) => uri),
        [...found].sort(byName).map(({ uri }) => uri),
      )
      const again = yield* listed
      yield* expectEqual(
        "fingerprints",
        again.map(({ fingerprint }) => fingerprint),
        found.map(({ fingerprint }) => fingerprint),
      )
    }),

    "reads the bytes of a file, as often as asked": eachFile((file, content) =>
      Effect.gen(function* () {
        yield* expectEqual(`the bytes of ${file.name}`, yield* read(file, 0), content)
        yield* expectEqual(`the bytes of ${file.name}, again`, yield* read(file, 0), content)
      }),
    ),

    "reads the bytes from any offset on, its size included": eachFile((file, content) =>
      Effect.forEach(
        [1, Math.floor(content.length / 2), content.length - 1, content.length].filter(
          (from) => from >= 0 && from <= content.length,
        ),
        (from) =>
          Effect.flatMap(read(file, from), (bytes) =>
            expectEqual(`the bytes of ${file.name} from ${from} on`, bytes, content.slice(from)),
          ),
        { discard: true },
      ),
    ),

    "reads a file that was closed after its first bytes": eachFile((file, content) =>
      Effect.gen(function* () {
        const source = yield* Source
        const beginning = yield* source.read(file, 0).pipe(Stream.take(1), Stream.runCollect)
        const first = text(sum(beginning))
        yield* expectEqual(`the first bytes of ${file.name}`, first, content.slice(0, first.length))
        yield* expectEqual(`the bytes of ${file.name}`, yield* read(file, 0), content)
      }),
    ),

    "reads files at once": Effect.gen(function* () {
      const found = yield* listed
      const twice = [...found, ...found]
      const read2 = yield* Effect.forEach(twice, (file) => read(file, 0), { concurrency: "unbounded" })
      yield* expectEqual(
        "bytes",
        read2,
        twice.map(({ name }) => expected.get(name) ?? ""),
      )
    }),

    "finds a file unchanged that was not changed": eachFile((file) =>
      Effect.flatMap(Source, (source) => source.checkUnchanged(file)),
    ),

    "fails for a file that it does not have": Effect.gen(function* () {
      const source = yield* Source
      const [first] = yield* listed
      const file = { ...first!, uri: `${first!.uri}.missing.csv`, name: "missing.csv" }
      const result = yield* Effect.result(read(file, 0))
      yield* expect("a missing file is read", result._tag === "Failure")
      const check = yield* Effect.result(source.checkUnchanged(file))
      yield* expect("a missing file is unchanged", check._tag === "Failure")
    }),

    ...(change === undefined
      ? {}
      : {
          "fails for a file that has changed since it was listed": Effect.gen(function* () {
            const source = yield* Source
            const before = yield* listed
            const name = yield* change
            const file = before.find((one) => one.name === name)
            if (file === undefined) return yield* expect(`change names ${name}, which is not listed`, false)
            const changed = yield* Effect.result(read(file, 0))
            yield* expect("a changed file is read to its end", changed._tag === "Failure")
            const check = yield* Effect.result(source.checkUnchanged(file))
            yield* expect("a changed file is unchanged", check._tag === "Failure")
            const after = (yield* listed).find((one) => one.name === name)
            yield* expect("a changed file keeps its fingerprint", after?.fingerprint !== file.fingerprint)
          }),
        }),
  })
}
