// Decides the format of a file from its beginning, and finds its header.

import { Iterable, Redacted, Result } from "effect"
import { fieldColumns, fileColumns } from "../domain/fileColumns.ts"
import { type Format, formatBy } from "../domain/Format.ts"
import { defaultWidths } from "../domain/Widths.ts"
import { plural } from "../text/format.ts"
import { findEscapes } from "./escapes.ts"
import { findEncoding, type FoundEncoding } from "./findEncoding.ts"
import { findLineEnd, lineEndBefore, lineEndOfMost } from "./findLineEnd.ts"
import { firstBeyondAscii } from "./firstBeyondAscii.ts"
import { foreignFormat } from "./foreignFormat.ts"
import type { Frame } from "./frame.ts"
import { Framer } from "./Framer.ts"
import { givenHeader } from "./givenHeader.ts"
import type { Header, HeaderOptions } from "./header.ts"
import { type HeaderError, headerError } from "./HeaderError.ts"
import { searchHeader } from "./HeaderSearch.ts"
import { findMonthFirst } from "./monthFirst.ts"
import { readingsOf, singleByte } from "./otherEncodings.ts"
import type { Beginning } from "./Sample.ts"
import { framesOf } from "./sampleFrames.ts"
import { textOf } from "./Text.ts"

type Place = Pick<Header, "end" | "format">

/** Where lines end in several ways, records show how: quoted fields may have other line ends. */
const withLineEndOfMost = <Found extends Place>({ bytes }: Beginning, found: Found, maxRecordSize: number): Found => {
  const { end, format } = found
  const { byteOffset: offset, line } = end
  const framer = new Framer({ format, maxRecordSize, offset, line, fields: undefined })
  const frames: Iterable<Frame> = Iterable.flatten(framer.push(bytes.subarray(offset)))
  const text = textOf(format.encoding)
  const lineEnd = lineEndOfMost(frames, text) ?? lineEndBefore(bytes, offset, text) ?? "CRLF"
  return { ...found, format: { ...format, lineEnd } }
}

/** What `search` finds in a file in an encoding that is known, by what else is known of its format; with its line end. */
export const withLineEnd = <Found extends Place>(
  beginning: Beginning,
  encoding: FoundEncoding,
  { format: given, maxRecordSize, widths = defaultWidths }: Omit<HeaderOptions, "mapping">,
  search: (format: Format) => Result.Result<Found, HeaderError>,
): Result.Result<Found, HeaderError> => {
  const lineEnd = findLineEnd(beginning.bytes, textOf(encoding.encoding))
  const found = search({ ...formatBy(given), ...encoding, widths, lineEnd: lineEnd ?? "LF" })
  return lineEnd === undefined
    ? Result.map(found, (found) => withLineEndOfMost(beginning, found, maxRecordSize))
    : found
}

/** The header of a file in an encoding that is known. */
export const headerIn = (
  beginning: Beginning,
  encoding: FoundEncoding,
  options: HeaderOptions,
): Result.Result<Header, HeaderError> =>
  withLineEnd(beginning, encoding, options, (format) =>
    format.header === null
      ? searchHeader(beginning, format, options)
      : givenHeader(beginning, format, format.header, options),
  )

/** A value that is beyond ASCII, as several encodings read it. Never of a password or an e-mail. */
const shownReadings = (beginning: Beginning, options: HeaderOptions): string | undefined => {
  const header = Result.getSuccess(headerIn(beginning, { encoding: singleByte, byteOrderMark: false }, options))
  if (header._tag === "None" || options.isLinked === true) return undefined
  const { positions } = header.value
  const columns = fieldColumns.filter((column) => column !== "email" && !fileColumns[column].isSecret)
  const found = firstBeyondAscii(
    beginning,
    header.value,
    options.maxRecordSize,
    columns.map((column) => positions[column]),
  )
  if (found === undefined) return undefined
  const column = columns.find((column) => positions[column] === found.position)
  const readings = readingsOf(found.value).map(([encoding, text]) => `"${text}" in ${encoding}`)
  return `${column} on line ${found.line} is ${readings.join(", ")}.`
}

const unknownEncoding = (beginning: Beginning, options: HeaderOptions): HeaderError => {
  const { bytes } = beginning
  const foreign = foreignFormat(bytes.subarray(0, 4096), bytes, options.isLinked ?? false)
  if (foreign !== undefined) return foreign
  const shown = shownReadings(beginning, options)
  const advice = "Name its encoding with --encoding, such as windows-1252, or save it as UTF-8."
  return headerError(
    "encoding",
    `The file is not UTF-8. ${advice}`,
    shown === undefined ? {} : { shown: Redacted.make(shown) },
  )
}

/** Why backslashes may be escapes; undefined: nothing shows that they are. */
const escapeError = (beginning: Beginning, header: Header, options: HeaderOptions): HeaderError | undefined => {
  const found = findEscapes(beginning, header, options)
  if (found === undefined) return undefined
  const { line, records } = found
  const problem = `Line ${line} is malformed, as its backslashes may be escapes (${plural(records, "such line")})`
  const advice = "--escape backslash reads them so, --escape doubled rejects these records."
  return headerError("escape", `${problem}. ${advice}`)
}

/** The header with what the records of the beginning show of its dates. */
const withMonthFirst = (
  beginning: Beginning,
  header: Header,
  { isLinked = false, maxRecordSize }: HeaderOptions,
): Result.Result<Header, HeaderError> => {
  const frames = framesOf(beginning, header, maxRecordSize)
  return Result.map(findMonthFirst(beginning.bytes, header, frames, isLinked), (monthFirst) => ({
    ...header,
    format: { ...header.format, monthFirst },
  }))
}

/** The header of a file, with its format. */
export const findFormat = (beginning: Beginning, options: HeaderOptions): Result.Result<Header, HeaderError> => {
  const found = findEncoding(beginning, options.format.encoding)
  if (found === undefined) return Result.fail(unknownEncoding(beginning, options))
  return Result.flatMap(headerIn(beginning, found, options), (header) => {
    const error = escapeError(beginning, header, options)
    return error === undefined ? withMonthFirst(beginning, header, options) : Result.fail(error)
  })
}
