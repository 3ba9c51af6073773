// A source that is standard input: one file, which can be read once.

import { Effect, Layer, type PlatformError, Stdio, Stream } from "effect"
import { fromByte } from "../domain/byteRange.ts"
import { errnoOf } from "../domain/errno.ts"
import { SourceError, type SourceFile } from "../domain/SourceFile.ts"
import { stdinUri } from "../domain/stdin.ts"
import { Source } from "./Source.ts"

/** Its bytes, and so its fingerprint, are unknown before it is read. */
const file: SourceFile = { uri: stdinUri, name: stdinUri, fingerprint: "", size: 0 }

const make = Effect.gen(function* () {
  const { stdin, stdinIsTerminal } = yield* Stdio.Stdio
  let isRead = false

  const failed = ({ uri }: SourceFile, why: string) =>
    new SourceError({ operation: "read", uri, message: `${uri}: standard input ${why}` })

  const unreadable = (file: SourceFile) => (error: PlatformError.PlatformError) =>
    failed(file, `could not be read (${errnoOf(error) ?? error.message}).`)

  const prompt = Effect.flatMap(stdinIsTerminal, (isTerminal) =>
    isTerminal ? Effect.logInfo("Reading standard input; Ctrl-D ends it.") : Effect.void,
  )

  const read = (file: SourceFile) =>
    Stream.suspend(() => {
      if (isRead) return Stream.fail(failed(file, "can be read once only."))
      isRead = true
      return stdin.pipe(Stream.mapError(unreadable(file)), Stream.onStart(prompt))
    })

  return Source.of({
    uri: stdinUri,
    files: Stream.succeed(file),
    read: (file, from) => read(file).pipe(fromByte(file.uri, from)),
    checkUnchanged: () => Effect.void,
  })
})

/** Standard input, compressed or not. A second reading fails. */
export const layer: Layer.Layer<Source, never, Stdio.Stdio> = Layer.effect(Source, make)
