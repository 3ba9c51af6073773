// The flags that read a file of rejects as the files they come from were read.

import { textOf } from "../../csv/Text.ts"
import { usualDelimiters } from "../../domain/delimiter.ts"
import { earlierFormat, type Format } from "../../domain/Format.ts"
import type { FormatOptions } from "../../domain/FormatOptions.ts"
import { formatNames } from "../flags/headerNames.ts"
import { flag } from "../../text/shell.ts"

/** The first delimiter that is tried and that a header has; undefined: it has none of them. */
const foundDelimiter = (text: string): string | undefined => usualDelimiters.find((one) => text.includes(one))

/** Of files that an earlier version read, which kept no format: their header shows the delimiter. */
export const formatOfEarlier = (header: Uint8Array): Format =>
  earlierFormat(foundDelimiter(Buffer.from(header).toString("latin1")))

const isDelimiterFound = ({ delimiter, encoding, header }: Format, bytes: Uint8Array): boolean =>
  header === null && delimiter === (foundDelimiter(textOf(encoding).decode(bytes) ?? "") ?? ",")

/** A character as `--delimiter` takes it. */
const shown = (character: string): string =>
  character === "\t"
    ? "\\t"
    : character >= " " && character <= "~"
      ? character
      : `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`

/**
 * ` --encoding windows-1252`, each flag after a space: what the format has, and nothing shows in a file that begins with
 * that header. What was given is named though it is usual: a flag may have said it against the mapping. `hasEscapes`: its
 * records have quotes after backslashes, which may be escapes or not.
 */
export const sameFormat = (format: Format, header: Uint8Array, hasEscapes: boolean): string => {
  const { byteOrderMark, comment, delimiter, encoding, escape, header: names, nullWords } = format
  const isGiven = (key: keyof FormatOptions): boolean => format.given.includes(key)
  const unlessUsual = (key: keyof FormatOptions, name: string, value: string, usual: string) =>
    value === usual && !isGiven(key) ? [] : [flag(name, value)]
  return [
    ...(byteOrderMark ? [] : unlessUsual("encoding", "encoding", encoding, "utf-8")),
    ...(isDelimiterFound(format, header) && !isGiven("delimiter") ? [] : [flag("delimiter", shown(delimiter))]),
    ...unlessUsual("quote", "quote", format.quote ?? "none", '"'),
    ...(hasEscapes ? [flag("escape", escape)] : unlessUsual("escape", "escape", escape, "doubled")),
    ...(names === null && !isGiven("header") ? [] : [flag("header", names === null ? "auto" : formatNames(names))]),
    ...(isGiven("skipLines") ? [flag("skip-lines", "0")] : []),
    ...unlessUsual("comment", "comment", comment ?? "none", "none"),
    ...unlessUsual("shortRows", "short-rows", format.shortRows, "reject"),
    ...unlessUsual("trim", "trim", format.trim ? "on" : "off", "on"),
    ...unlessUsual("quotedLines", "quoted-lines", format.quotedLines, "reject"),
    ...(nullWords.length === 0 && isGiven("nullWords") ? [""] : nullWords).map((word) => flag("null", word)),
    ...unlessUsual("onBadValue", "on-bad-value", format.badValues, "reject"),
  ].join("")
}
