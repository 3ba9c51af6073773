// A command line to run again.

import { quote } from "../../text/shell.ts"
import { etl } from "../../text/etl.ts"

/** The command with these words, quoted for a shell; a connection string, which may hold a password, becomes `URL`. */
export const sameCommand = (words: ReadonlyArray<string>): string =>
  [
    etl,
    ...words.map((word, index) =>
      words[index - 1] === "--database-url" ? "URL" : quote(word.replace(/^(--database-url=).*/s, "$1URL")),
    ),
  ].join(" ")
