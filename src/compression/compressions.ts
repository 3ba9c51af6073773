// The list of compressions, and which one a file has.

import { compressedEnding, type SourceFile } from "../domain/SourceFile.ts"
import type { Compression } from "./Compression.ts"
import { gzip } from "./gzip.ts"

const compressions: ReadonlyArray<Compression> = [gzip]

/** How the file is compressed; undefined: its bytes are stored as they are. */
export const compressionOf = ({ uri }: Pick<SourceFile, "uri">): Compression | undefined =>
  compressions.find(({ ending }) => ending === compressedEnding(uri))
