// A load was begun in another format than a run says: its records would be read in two ways.

import { Array, Equal, Runtime, Schema, Struct } from "effect"
import type { Format, GivenFormat } from "./Format.ts"

export class FormatError extends Schema.TaggedError<FormatError>()("FormatError", {
  message: Schema.String,
  /** The file's URI. */
  file: Schema.String,
}) {
  override readonly [Runtime.errorExitCode] = 2
}

/** What is said of a file whose text is exact: an earlier version took no more, and a program needs no more. */
const saidOfExact: ReadonlyArray<keyof GivenFormat> = ["delimiter", "nullWords", "badValues"]

/** A byte order mark decides, whatever a run says. */
const isKept = ({ byteOrderMark, isExact }: Format, key: keyof GivenFormat): boolean =>
  isExact ? saidOfExact.includes(key) : key !== "encoding" || !byteOrderMark

const differences = (begun: Format, given: GivenFormat): ReadonlyArray<keyof GivenFormat> =>
  Struct.keys(given).filter((key) => isKept(begun, key) && !Equal.equals(begun[key], given[key]))

/** Whether the load was begun in another format; undefined: an earlier version began it, or nothing has. */
export const isOtherFormat = (begun: Format | undefined, given: GivenFormat | undefined): boolean =>
  begun !== undefined && given !== undefined && Array.isReadonlyArrayNonEmpty(differences(begun, given))

/** What a person says of a format, by its keys. */
const words: Readonly<Record<keyof Format, string>> = {
  delimiter: "delimiter",
  headerLine: "header's line",
  encoding: "encoding",
  byteOrderMark: "byte order mark",
  quote: "quote",
  escape: "escape",
  lineEnd: "line end",
  header: "header",
  skipLines: "skipped lines",
  comment: "comment",
  shortRows: "short rows",
  trim: "trim",
  quotedLines: "quoted lines",
  nullWords: "null words",
  badValues: "bad values",
  monthFirst: "columns of month/day/year",
  widths: "widths",
  given: "given options",
  isExact: "exact text",
}

const describe = (key: keyof Format, value: Format[keyof Format]): string => {
  if (Array.isArray(value) && value.length === 0) return "none"
  if (value === null) return key === "skipLines" || key === "header" ? "auto" : "none"
  return value === true ? "on" : value === false ? "off" : JSON.stringify(value)
}

export const otherFormat = (file: string, begun: Format | undefined, given: GivenFormat = {}): FormatError => {
  const kept =
    begun === undefined ? [] : differences(begun, given).map((key) => `${words[key]} ${describe(key, begun[key])}`)
  return new FormatError({
    file,
    message: `${file} started loading with ${kept.join(", ")}. Give the same, or start over.`,
  })
}
