// The stage `decompress`: bytes as they are stored become those of the CSV.

import { Stream } from "effect"
import { compressionOf } from "../compression/compressions.ts"
import { fromByte } from "../domain/byteRange.ts"
import { SourceError, type SourceFile } from "../domain/SourceFile.ts"
import type { Source } from "../source/Source.ts"

/** Where stored bytes are read from, so that `decompress` can give those from that byte on. */
export const storedFrom = (file: SourceFile, byteOffset: number): number =>
  compressionOf(file) === undefined ? byteOffset : 0

/** Gives the file's bytes from that one on. Those of a compressed file are decompressed from its beginning. */
export const decompress =
  (source: Source["Service"], file: SourceFile, byteOffset: number) =>
  <R>(stored: Stream.Stream<Uint8Array, SourceError, R>): Stream.Stream<Uint8Array, SourceError, R> => {
    const compression = compressionOf(file)
    if (compression === undefined) return stored
    const { uri } = file
    return compression.decompress(stored).pipe(
      Stream.catchTag("DecompressError", ({ message, cause }) => {
        const damaged = { operation: "read", uri, message: `${uri} ${message}`, ...(cause && { cause }) } as const
        return Stream.concat(
          // What another writer has replaced is not damaged.
          Stream.fromEffectDrain(source.checkUnchanged(file)),
          Stream.fail(new SourceError(damaged)),
        )
      }),
      fromByte(uri, byteOffset),
    )
  }
