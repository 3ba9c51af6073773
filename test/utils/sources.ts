// Reads files of a source as a run does.

import { assert } from "@effect/vitest"
import { Effect, Stream } from "effect"
import type { SourceFile } from "../../src/domain/SourceFile.ts"
import { collectLeftOut } from "../../src/observability/LeftOut.ts"
import { readText } from "../../src/pipeline/decompress.ts"
import type { Source } from "../../src/source/Source.ts"

/** The file's decompressed bytes from that one on, as a run reads them. */
export const bytesOf = (source: Source["Service"], file: SourceFile, from = 0) => readText(source, file, from)

export const read = (source: Source["Service"], file: SourceFile, from = 0) =>
  bytesOf(source, file, from).pipe(Stream.runCollect, Effect.map(Buffer.concat))

export const readFailure = (source: Source["Service"], file: SourceFile, from = 0) =>
  bytesOf(source, file, from).pipe(Stream.runDrain, Effect.flip)

/** The files of the source, as a run lists them. */
export const list = (source: Pick<Source["Service"], "files">) => Stream.runCollect(source.files)

/** The same, and what it leaves out: of each report the notices and the details. */
export const listed = Effect.fnUntraced(function* (source: Pick<Source["Service"], "files">) {
  const { leftOut, listed } = yield* collectLeftOut(list(source))
  return {
    files: listed,
    reports: leftOut.map(({ details, notices }) => [notices.map(({ message }) => message), details] as const),
  }
})

export const onlyFile = Effect.fnUntraced(function* (source: Source["Service"]) {
  const files = yield* list(source)
  assert.lengthOf(files, 1)
  return files[0]!
})
