// The stage `decompress`: bytes as stored become those of the CSV.

import { Stream } from "effect"
import { compressionOf } from "../compression/compressions.ts"
import { fromByte } from "../domain/byteRange.ts"
import { SourceError, type SourceFile } from "../domain/SourceFile.ts"
import type { Source } from "../source/Source.ts"

/** Where to read the stored bytes from, so that `decompress` can return those from `byteOffset` on. */
export const storedFrom = (file: SourceFile, byteOffset: number): number =>
  compressionOf(file) === undefined ? byteOffset : 0

/** The file's bytes from `byteOffset` on. A compressed file is decompressed from its beginning. */
export const decompress =
  (source: Source["Service"], file: SourceFile, byteOffset: number) =>
  <R>(stored: Stream.Stream<Uint8Array, SourceError, R>): Stream.Stream<Uint8Array, SourceError, R> => {
    const compression = compressionOf(file)
    if (compression === undefined) return stored
    const { uri } = file
    return compression.decompress(stored).pipe(
      Stream.catchTag("DecompressError", ({ message, cause }) => {
        const damaged = {
          operation: "read",
          uri,
          reason: "damaged",
          message: `${uri} ${message}`,
          ...(cause && { cause }),
        } as const
        return Stream.concat(
          // A file that was replaced meanwhile is not damaged.
          Stream.fromEffectDrain(source.checkUnchanged(file)),
          Stream.fail(new SourceError(damaged)),
        )
      }),
      fromByte(uri, byteOffset),
    )
  }
