// Zstandard, of one frame or of several; frames that are to be skipped have no text.

import { Effect, Stream } from "effect"
import { constants, createZstdDecompress } from "node:zlib"
import { type Compression, DecompressError } from "./Compression.ts"
import { chunkSize, damaged, incomplete, inflate, trailing } from "./inflate.ts"
import { isMagic, ZstdFrames } from "./ZstdFrames.ts"

const name = "zstd"

/** The largest window, as a power of two: 128 MiB, which `zstd -d` takes too. It is held in memory. */
const maxWindow = 27

const make = () => createZstdDecompress({ chunkSize, params: { [constants.ZSTD_d_windowLogMax]: maxWindow } })

const meanings: Readonly<Record<string, string>> = {
  // The first frame was recognised.
  ZSTD_error_prefix_unknown: trailing(name),
  ZSTD_error_frameParameter_windowTooLarge:
    "needs more than 128 MiB of memory to be decompressed. Compress it again with a smaller window (zstd without --long).",
  ZSTD_error_dictionary_wrong: "needs the dictionary with which it was compressed. Compress it again without one.",
}

const explain = (error: Error): string => ("code" in error && meanings[String(error.code)]) || damaged(name, error)

/**
 * The same bytes, where each frame ends a piece: Node drops what follows a frame in its piece, without a word. Fails
 * where the last frame does not end, which Node 22 does not report.
 */
const frameByFrame = <E, R>(
  stored: Stream.Stream<Uint8Array, E, R>,
): Stream.Stream<Uint8Array, E | DecompressError, R> =>
  Stream.suspend(() => {
    const frames = new ZstdFrames()
    return stored.pipe(
      Stream.map((chunk) => frames.cut(chunk)),
      Stream.flattenArray,
      Stream.onEnd(
        Effect.suspend(() =>
          frames.isAtEnd ? Effect.void : Effect.fail(new DecompressError({ message: incomplete(name) })),
        ),
      ),
    )
  })

const inflateFrames = inflate({ name, make, explain })

export const zstd: Compression = {
  recognises: isMagic,
  decompress: (stored) => inflateFrames(frameByFrame(stored)),
}
