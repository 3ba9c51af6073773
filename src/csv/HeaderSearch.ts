// Finds the header of a file, and its delimiter: what has all headers of the column mapping is proof of both.

import { Result } from "effect"
import type { ColumnMapping } from "../domain/ColumnMapping.ts"
import { isEmail } from "../domain/emailAddress.ts"
import type { Format } from "../domain/Format.ts"
import { isProblem, makeFieldParser } from "./fields.ts"
import { foreignFormat } from "./foreignFormat.ts"
import type { Frame } from "./frame.ts"
import { emptyError, type Header, type HeaderOptions, readHeader } from "./header.ts"
import { type HeaderError, headerError } from "./HeaderError.ts"
import { findHeaderLines, formatAt, framesAt, type Line } from "./headerLines.ts"
import type { Beginning } from "./Sample.ts"
import { textOf } from "./Text.ts"

/** The line that lacks the fewest columns; where each lacks all, the first. */
interface Nearest {
  readonly line: Line
  readonly delimiters: ReadonlyArray<string>
  readonly missing: number
}

/** How many headers a file needs of these: of each column one. `*` stands for any number. */
const countNeeded = (mapping: ColumnMapping, headers: Iterable<string>): number =>
  new Set(Array.from(headers, (header) => mapping.get(header)?.column).filter((column) => column !== "extra")).size

/**
 * Lines are tried in order, each with every delimiter: the first that has all headers of the mapping is the header.
 * What is before it is no record. `format`: what is known of it.
 */
export const searchHeader = (
  beginning: Beginning,
  format: Format,
  options: HeaderOptions,
): Result.Result<Header, HeaderError> => {
  const { bytes } = beginning
  const { mapping, maxRecordSize } = options
  const { skipLines } = options.format
  const text = textOf(format.encoding)

  const framesUnder = (line: Line, delimiter: string): ReadonlyArray<Frame> =>
    framesAt(beginning, formatAt(format, delimiter, line), line, maxRecordSize)

  /** Fails where a line before the header may be a record, of any table: it would be lost. */
  const checked = (
    header: Header,
    before: ReadonlyArray<Line>,
    delimiters: ReadonlyArray<string>,
  ): Result.Result<Header, HeaderError> => {
    const isRecord = (line: Line): boolean =>
      delimiters.some((delimiter) => {
        const [frame] = framesUnder(line, delimiter)
        const [fields] = frame === undefined ? [] : makeFieldParser(formatAt(format, delimiter, line))([frame])
        return fields !== undefined && !isProblem(fields) && fields.length > 1 && fields.some(isEmail)
      })
    const line = before.find(isRecord)
    if (line === undefined) return Result.succeed(header)
    const where = `Line ${line.number} looks like a record, and the header is on line ${header.format.headerLine}.`
    return Result.fail(headerError("noHeader", `${where} Put the header first, or remove the lines before it.`))
  }

  /** Why the line is no header: under the delimiter that finds the most fields in it. */
  const misfit = ({ delimiters, line }: Nearest): Result.Result<Header, HeaderError> => {
    const shownBytes = bytes.subarray(line.start, Math.min(line.end, line.start + 8_192))
    const shown = text.decode(shownBytes) ?? String.fromCharCode(...shownBytes)
    const countOf = (delimiter: string): number => shown.split(delimiter).length
    const [delimiter] = delimiters.toSorted((left, right) => countOf(right) - countOf(left))
    // With the records that follow: they may show that this is no CSV.
    const frames = framesUnder({ ...line, end: bytes.length }, delimiter!)
    return frames.length === 0
      ? Result.fail(foreignFormat(shownBytes, shownBytes, options.isLinked ?? false) ?? emptyError())
      : readHeader(options, formatAt(format, delimiter!, line), frames)
  }

  const search = (
    candidates: ReadonlyArray<Line>,
    delimiters: ReadonlyArray<string>,
  ): Result.Result<Header, HeaderError> => {
    let nearest: Nearest = { line: candidates[0]!, delimiters, missing: countNeeded(mapping, mapping.keys()) }
    for (const [index, line] of candidates.entries()) {
      for (const delimiter of delimiters) {
        const [frame] = framesUnder(line, delimiter)
        if (frame === undefined || frame.problem !== undefined) continue
        const header = readHeader(options, formatAt(format, delimiter, line), [frame])
        if (Result.isSuccess(header)) {
          return skipLines === undefined ? checked(header.success, candidates.slice(0, index), delimiters) : header
        }
        const { reason } = header.failure
        const missing = countNeeded(mapping, header.failure.missing)
        if (reason === "misfit" && missing < nearest.missing) nearest = { line, delimiters: [delimiter], missing }
      }
    }
    return misfit(nearest)
  }

  return Result.flatMap(findHeaderLines(beginning, format, options), ({ candidates, delimiters }) =>
    search(candidates, delimiters),
  )
}
