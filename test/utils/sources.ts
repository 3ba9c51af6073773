import { assert } from "@effect/vitest"
import { Effect, Stream } from "effect"
import type { Source } from "../../src/source/Source.ts"
import type { SourceFile } from "../../src/domain/SourceFile.ts"

export const read = (source: Source["Service"], file: SourceFile, from = 0) =>
  source.read(file, from).pipe(Stream.runCollect, Effect.map(Buffer.concat))

export const readFailure = (source: Source["Service"], file: SourceFile, from = 0) =>
  source.read(file, from).pipe(Stream.runDrain, Effect.flip)

export const onlyFile = Effect.fnUntraced(function* (source: Source["Service"]) {
  const files = yield* source.files
  assert.lengthOf(files, 1)
  return files[0]!
})
