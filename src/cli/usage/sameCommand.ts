import { quote } from "../../text/shell.ts"

/** A command line, for people to give again; a connection string may hold a password. */
export const sameCommand = (words: ReadonlyArray<string>): string =>
  [
    "etl",
    ...words.map((word, index) =>
      words[index - 1] === "--database-url" ? "URL" : quote(word.replace(/^(--database-url=).*/s, "$1URL")),
    ),
  ].join(" ")
