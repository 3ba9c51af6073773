// Decides the format of a file from its beginning, and finds its header.

import { Iterable, Redacted, Result } from "effect"
import { fieldColumns, fileColumns } from "../domain/fileColumns.ts"
import { type Format, formatBy } from "../domain/Format.ts"
import { defaultWidths } from "../domain/Widths.ts"
import { plural } from "../text/format.ts"
import { isProblem, makeFieldParser } from "./fields.ts"
import { findEncoding } from "./findEncoding.ts"
import { findLineEnd, lineEndOfMost } from "./findLineEnd.ts"
import { foreignFormat } from "./foreignFormat.ts"
import { type Frame, rawOf } from "./frame.ts"
import { Framer } from "./Framer.ts"
import { givenHeader } from "./givenHeader.ts"
import { framerAfter, type Header, type HeaderOptions, printable } from "./header.ts"
import { type HeaderError, headerError } from "./HeaderError.ts"
import { type Beginning, searchHeader } from "./HeaderSearch.ts"
import { findMonthFirst } from "./monthFirst.ts"
import { includes, textOf } from "./Text.ts"

/** Where lines end in several ways, records show how: quoted fields may have other line ends. */
const withLineEndOfMost = ({ bytes }: Beginning, header: Header, maxRecordSize: number): Header => {
  const { end, format } = header
  const { byteOffset: offset, line } = end
  const framer = new Framer({ format, maxRecordSize, offset, line, fields: undefined })
  const frames: Iterable<Frame> = Iterable.flatten(framer.push(bytes.subarray(offset)))
  return { ...header, format: { ...format, lineEnd: lineEndOfMost(frames, textOf(format.encoding)) } }
}

/** The header of a file in an encoding that is known. */
const headerIn = (
  beginning: Beginning,
  found: Pick<Format, "encoding" | "byteOrderMark">,
  options: HeaderOptions,
): Result.Result<Header, HeaderError> => {
  const lineEnd = findLineEnd(beginning.bytes, textOf(found.encoding))
  const { widths = defaultWidths } = options
  const format = { ...formatBy(options.format), ...found, widths, lineEnd: lineEnd ?? "LF" }
  const header =
    format.header === null
      ? searchHeader(beginning, format, options)
      : givenHeader(beginning, format, format.header, options)
  return lineEnd === undefined
    ? Result.map(header, (header) => withLineEndOfMost(beginning, header, options.maxRecordSize))
    : header
}

/** The frames of the records of the beginning. */
const framesOf = function* ({ bytes, isWhole }: Beginning, header: Header, maxRecordSize: number): Generator<Frame> {
  const framer = framerAfter(header, header.end, maxRecordSize)
  for (const frames of framer.push(bytes.subarray(header.end.byteOffset))) yield* frames
  if (isWhole) for (const frames of framer.finish()) yield* frames
}

/** Encodings that the files of many programs have. */
const usualEncodings = ["windows-1252", "windows-1250", "windows-1251", "shift_jis", "gb18030"] as const

const longestShown = 40

/** Every byte is a character of it. */
const singleByte = "windows-1252"

const shownIn = (value: string): string => {
  const bytesOf = new Map(
    Array.from({ length: 256 }, (_, byte) => [textOf(singleByte).decode(Uint8Array.of(byte))!, byte] as const),
  )
  const bytes = Uint8Array.from(value, (character) => bytesOf.get(character)!)
  const readings = usualEncodings.flatMap((encoding) => {
    const text = textOf(encoding).decode(bytes)
    return text === undefined ? [] : `"${printable(text, longestShown)}" in ${encoding}`
  })
  return readings.join(", ")
}

/** A value that is beyond ASCII, as several encodings read it. Never of a password or an e-mail. */
const readingsOf = (beginning: Beginning, options: HeaderOptions): string | undefined => {
  const header = Result.getSuccess(headerIn(beginning, { encoding: singleByte, byteOrderMark: false }, options))
  if (header._tag === "None" || options.isLinked === true) return undefined
  const { format, positions } = header.value
  const columns = fieldColumns.filter((column) => column !== "email" && !fileColumns[column].isSecret)
  const parse = makeFieldParser(format)
  for (const frame of framesOf(beginning, header.value, options.maxRecordSize)) {
    const [fields] = parse([frame])
    if (fields === undefined || isProblem(fields)) continue
    for (const column of columns) {
      const value = fields[positions[column]] ?? ""
      if (/[^\0-\x7f]/.test(value) && !value.includes("@"))
        return `${column} on line ${frame.line} is ${shownIn(value)}.`
    }
  }
  return undefined
}

const unknownEncoding = (beginning: Beginning, options: HeaderOptions): HeaderError => {
  const { bytes } = beginning
  const foreign = foreignFormat(bytes.subarray(0, 4096), bytes, options.isLinked ?? false)
  if (foreign !== undefined) return foreign
  const shown = readingsOf(beginning, options)
  const advice = "Name its encoding with --encoding, such as windows-1252, or save it as UTF-8."
  return headerError(
    "encoding",
    `The file is not UTF-8. ${advice}`,
    shown === undefined ? {} : { shown: Redacted.make(shown) },
  )
}

const malformedWithEscape = (beginning: Beginning, header: Header, maxRecordSize: number): ReadonlyArray<Frame> => {
  const escape = textOf(header.format.encoding).encode(`\\${header.format.quote}`)
  const malformed: Array<Frame> = []
  for (const frame of framesOf(beginning, header, maxRecordSize)) {
    if (frame.problem !== undefined && includes(rawOf(frame), escape)) malformed.push(frame)
  }
  return malformed
}

/** Why backslashes may be escapes; undefined: nothing shows that they are. */
const escapeError = (beginning: Beginning, header: Header, options: HeaderOptions): HeaderError | undefined => {
  const { bytes } = beginning
  const { encoding, quote } = header.format
  if (options.format.escape !== undefined || quote === null) return undefined
  const escape = textOf(encoding).encode(`\\${quote}`)
  if (!includes(bytes, escape)) return undefined
  const malformed = malformedWithEscape(beginning, header, options.maxRecordSize)
  const escaped = { ...header, format: { ...header.format, escape: "backslash" as const } }
  const [first] = malformed
  if (first === undefined) return undefined
  if (malformedWithEscape(beginning, escaped, options.maxRecordSize).length >= malformed.length) return undefined
  const problem = `Line ${first.line} is malformed, as its backslashes may be escapes (${plural(malformed.length, "such line")})`
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
