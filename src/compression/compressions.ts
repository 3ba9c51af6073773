// The compressions that there are, and which of them a file has.

import type { Compression } from "./Compression.ts"
import { gzip } from "./gzip.ts"
import { zstd } from "./zstd.ts"

const compressions: ReadonlyArray<Compression> = [gzip, zstd]

/** The first bytes of a file that show how it is compressed. */
export const headSize = 4

/** How a file with these first bytes is compressed, whatever its name; undefined: its bytes are stored as they are. */
export const compressionOf = (head: Uint8Array): Compression | undefined =>
  compressions.find(({ recognises }) => recognises(head))
