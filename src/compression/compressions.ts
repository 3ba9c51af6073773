// The compressions that there are, and which of them a file has.

import { type CompressedEnding, compressedEnding, type SourceFile } from "../domain/SourceFile.ts"
import type { Compression } from "./Compression.ts"
import { gzip } from "./gzip.ts"

const compressions: Readonly<Record<CompressedEnding, Compression>> = { ".gz": gzip }

/** How the file is compressed; undefined: its bytes are stored as they are. */
export const compressionOf = ({ uri }: Pick<SourceFile, "uri">): Compression | undefined => {
  const ending = compressedEnding(uri)
  return ending === undefined ? undefined : compressions[ending]
}
