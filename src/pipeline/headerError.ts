// The error of a file whose header cannot be used, with the file's name.

import type { HeaderError } from "../csv/HeaderError.ts"
import { SourceError, type SourceFile } from "../domain/SourceFile.ts"
import { stdinUri } from "../domain/stdin.ts"

/** What to do where the bytes of a file are still compressed once they are decompressed. */
const stillCompressed = {
  gzip: "The file is compressed twice. Decompress it once.",
  compressed: "The file is compressed by another program than gzip and zstd, or twice. Decompress it first.",
}

const nothingCame = "Standard input is empty, without even a header. Check the command that writes it."

/** The error of `file` for that of its bytes. */
export const headerErrorOf = ({ uri }: SourceFile, error: HeaderError): SourceError => {
  const { format, shown } = error
  const ofBytes = format === "gzip" || format === "compressed" ? stillCompressed[format] : error.message
  const message = error.reason === "empty" && uri.startsWith(stdinUri) ? nothingCame : ofBytes
  return new SourceError({
    operation: "read",
    uri,
    reason: "header",
    message: `${uri}: ${message}`,
    ...(shown && { shown }),
    cause: error,
  })
}
