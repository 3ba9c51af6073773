// The flags that read a file of rejects as the files they come from were read.

import { textOf } from "../../csv/Text.ts"
import { usualDelimiters } from "../../domain/delimiter.ts"
import { earlierFormat, type Format } from "../../domain/Format.ts"
import { quote } from "../../text/shell.ts"

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

/** A value such as `--` would be taken for another flag. */
const flag = (name: string, value: string): string => ` --${name}${value.startsWith("-") ? "=" : " "}${quote(value)}`

/**
 * ` --encoding windows-1252`, each flag after a space: what the format has, and nothing shows in a file that begins with
 * that header. `hasEscapes`: its records have quotes after backslashes, which may be escapes or not.
 */
export const sameFormat = (format: Format, header: Uint8Array, hasEscapes: boolean): string => {
  const { byteOrderMark, comment, delimiter, encoding, escape, header: names } = format
  return [
    ...(byteOrderMark || encoding === "utf-8" ? [] : [flag("encoding", encoding)]),
    ...(isDelimiterFound(format, header) ? [] : [flag("delimiter", shown(delimiter))]),
    ...(format.quote === '"' ? [] : [flag("quote", format.quote ?? "none")]),
    ...(escape === "backslash" || hasEscapes ? [flag("escape", escape)] : []),
    ...(names === null ? [] : [flag("header", names.join(","))]),
    // The mapping may say how many lines are before the header: here are none.
    ...(format.skipLines === null ? [] : [flag("skip-lines", "0")]),
    ...(comment === null ? [] : [flag("comment", comment)]),
    ...(format.shortRows === "reject" ? [] : [flag("short-rows", format.shortRows)]),
    ...(format.trim ? [] : [flag("trim", "off")]),
    ...(format.quotedLines === "reject" ? [] : [flag("quoted-lines", format.quotedLines)]),
    ...format.nullWords.map((word) => flag("null", word)),
    ...(format.badValues === "reject" ? [] : [flag("on-bad-value", format.badValues)]),
  ].join("")
}
