// What a compression is: each has a file of its own, and an entry in `compressions.ts`.

import { Data, type Stream } from "effect"

/** The bytes cannot be decompressed. `message` follows the file's name: "is damaged gzip ...". */
export class DecompressError extends Data.TaggedError("DecompressError")<{
  readonly message: string
  readonly cause?: Error
}> {}

/** How a file may be compressed. */
export interface Compression {
  /** Whether a file with these first bytes, `headSize` of them or all, is compressed so. No text begins with them. */
  readonly recognises: (head: Uint8Array) => boolean
  /**
   * Decompresses stored bytes that it recognises, from their beginning, as the consumer pulls. Fails where they are
   * damaged or incomplete, or have other bytes after their end.
   */
  readonly decompress: <E, R>(
    stored: Stream.Stream<Uint8Array, E, R>,
  ) => Stream.Stream<Uint8Array, E | DecompressError, R>
}
