// A source of files in memory.

import { Effect, Stream } from "effect"
import { fromByte } from "../domain/byteRange.ts"
import { byName, SourceError, type SourceFile } from "../domain/SourceFile.ts"
import { baseName } from "../text/format.ts"
import { encodeText } from "./encodeText.ts"

/** Files by name: CSV text, or bytes as stored. */
export type FilesInMemory = Readonly<Record<string, string | Uint8Array>>

const digest = (bytes: Uint8Array): Effect.Effect<string> =>
  Effect.promise(async () => {
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>))
    return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("")
  })

/** The source `uri` of these files. */
export const bytesSource = Effect.fnUntraced(function* (files: FilesInMemory, uri: string) {
  const contents = new Map(
    yield* Effect.forEach(
      Object.entries(files),
      Effect.fnUntraced(function* ([name, content]) {
        const bytes = typeof content === "string" ? encodeText(content) : content
        const fileUri = `${uri}/${name}`
        const fingerprint = yield* digest(bytes)
        const file: SourceFile = { uri: fileUri, name: baseName(fileUri), fingerprint, size: bytes.length }
        return [fileUri, { file, bytes }] as const
      }),
    ),
  )
  const listed = Array.from(contents.values(), ({ file }) => file).sort(byName)

  const find = Effect.fnUntraced(function* ({ uri, fingerprint }: SourceFile) {
    const found = contents.get(uri)
    if (found?.file.fingerprint === fingerprint) return found.bytes
    return yield* new SourceError({
      operation: "read",
      uri,
      reason: "changed",
      message: `${uri} is no file of this source.`,
    })
  })

  return {
    uri,
    files:
      listed.length > 0
        ? Stream.fromIterable(listed)
        : Stream.fail(new SourceError({ operation: "list", uri, reason: "noFile", message: `${uri} has no file.` })),
    read: (file: SourceFile, from: number) => Stream.fromEffect(find(file)).pipe(fromByte(file.uri, Math.max(0, from))),
    checkUnchanged: (file: SourceFile) => Effect.asVoid(find(file)),
  }
})
