// The error of a file whose header cannot be used, with the file's name.

import type { HeaderError } from "../csv/HeaderError.ts"
import { compressedEnding, SourceError, type SourceFile } from "../domain/SourceFile.ts"

/** What to do where the bytes of a file are still compressed, which its name alone does not show. */
const stillCompressed = (uri: string): string =>
  compressedEnding(uri) === ".gz"
    ? "The file was compressed by gzip twice. Decompress it once."
    : "The file is compressed by gzip, but its name does not end in .gz. Rename it."

/** The error of `file` for that of its bytes. */
export const headerErrorOf = ({ uri }: SourceFile, error: HeaderError): SourceError => {
  const message = error.format === "gzip" ? stillCompressed(uri) : error.message
  return new SourceError({ operation: "read", uri, reason: "header", message: `${uri}: ${message}`, cause: error })
}
