// The header of a file that has none: its names are given.

import { Result } from "effect"
import type { Format } from "../domain/Format.ts"
import { fitHeader } from "./fitHeader.ts"
import { fieldCountsOf, type Header, type HeaderOptions, misfitError, type NamedFields } from "./header.ts"
import { type HeaderError, headerError } from "./HeaderError.ts"
import { isProblem } from "./fields.ts"
import { delimitersFor, startAfter } from "./headerLines.ts"
import type { Beginning } from "./Sample.ts"
import { firstRecords } from "./sampleFrames.ts"
import { textOf } from "./Text.ts"

/** Records that show the delimiter. */
const recordsTried = 20

/** Records with these names, and the delimiter under which they have that many fields. */
export const givenFields = (
  beginning: Beginning,
  found: Format,
  names: ReadonlyArray<string>,
  options: Omit<HeaderOptions, "mapping">,
): Result.Result<NamedFields, HeaderError> => {
  const { maxRecordSize } = options
  const skipped = options.format.skipLines ?? 0
  const text = textOf(found.encoding)
  const start = startAfter(beginning.bytes, text, skipped)
  if (start === undefined || start === beginning.bytes.length) {
    return Result.fail(headerError("empty", "The file has no records. Export it again, or remove it."))
  }
  const position = { byteOffset: start, line: skipped + 1 }

  const fits = (delimiter: string): boolean => {
    const records = firstRecords(beginning, { ...found, delimiter }, position, maxRecordSize, recordsTried)
    return records.length > 0 && records.every((fields) => !isProblem(fields) && fields.length === names.length)
  }

  const given = options.format.delimiter ?? (names.length === 1 ? "," : undefined)
  const [delimiter, other] = given === undefined ? delimitersFor(found).filter(fits) : [given]
  if (delimiter === undefined) {
    const problem = `The first records do not all have the ${names.length} fields of --header under any of , ; tab |.`
    return Result.fail(headerError("misfit", `${problem} Correct --header, or name the delimiter with --delimiter.`))
  }
  if (other !== undefined) {
    const problem = `The first records have the ${names.length} fields of --header under several delimiters.`
    return Result.fail(headerError("misfit", `${problem} Name theirs with --delimiter.`))
  }
  return Result.succeed({
    format: { ...found, delimiter, headerLine: position.line },
    end: position,
    fields: fieldCountsOf(names),
    names,
  })
}

/** The header that these names are. */
export const givenHeader = (
  beginning: Beginning,
  found: Format,
  names: ReadonlyArray<string>,
  options: HeaderOptions,
): Result.Result<Header, HeaderError> =>
  Result.flatMap(givenFields(beginning, found, names, options), (records) => {
    const { delimiter } = records.format
    return fitHeader(options.mapping, names, delimiter).pipe(
      Result.mapBoth({
        onFailure: (misfit) => misfitError({ ...misfit, delimiter: undefined }, names, false),
        onSuccess: (fitted): Header => {
          const { end, fields, format } = records
          const bytes = new TextEncoder().encode(names.join(delimiter))
          return { format, end, fields, bytes, mapping: options.mapping, ...fitted }
        },
      }),
    )
  })
