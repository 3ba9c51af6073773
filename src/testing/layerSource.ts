// A fake source, such as an S3 bucket, whose reads can break.

import { Context, Effect, Layer, Stream } from "effect"
import { upToByte } from "../domain/byteRange.ts"
import { SourceError } from "../domain/SourceFile.ts"
import { Source } from "../source/Source.ts"

export interface LayerSourceOptions {
  /** The source's URI. Default `s3://bucket/prefix`. */
  readonly uri?: string | undefined
  /** Name of a file -> the byte before which its first reading breaks; later ones go through. */
  readonly failAt?: Readonly<Record<string, number>> | undefined
}

/**
 * A source of the given files: name -> CSV text, or bytes as stored.
 *
 * @example
 * ```ts
 * import * as Testing from "user-activity-etl/testing"
 *
 * const bucket = Testing.layerSource({ "1.csv": "Mail\nada@example.com\nbo@example.com\n" }, { failAt: { "1.csv": 22 } })
 * ```
 */
export const layerSource = (
  files: Readonly<Record<string, string | Uint8Array>>,
  { failAt = {}, uri = "s3://bucket/prefix" }: LayerSourceOptions = {},
): Layer.Layer<Source> =>
  Layer.effect(
    Source,
    Effect.gen(function* () {
      const source = Context.get(yield* Layer.build(Source.fromBytes(files, { uri })), Source)
      const left = new Map(Object.entries(failAt))
      return Source.of({
        ...source,
        read: (file, from) =>
          Stream.suspend(() => {
            const bytes = source.read(file, from)
            const end = left.get(file.name)
            if (end === undefined || end < from) return bytes
            left.delete(file.name)
            const broken = new SourceError({
              operation: "read",
              uri: file.uri,
              message: `${file.uri} broke off after ${end} bytes, as the test wants.`,
            })
            return Stream.concat(bytes.pipe(upToByte(end - from)), Stream.fail(broken))
          }),
      })
    }),
  )
