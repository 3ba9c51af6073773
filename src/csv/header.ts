// The header of a file: read, fitted to the mapping, or explained where it cannot be.

import { Redacted, Result } from "effect"
import type { Position } from "../domain/Chunk.ts"
import type { ColumnMapping } from "../domain/ColumnMapping.ts"
import type { Format } from "../domain/Format.ts"
import type { FormatOptions } from "../domain/FormatOptions.ts"
import type { Widths } from "../domain/Widths.ts"
import { otherHeaders } from "../domain/Target.ts"
import { plural } from "../text/format.ts"
import { suggestions } from "../text/suggest.ts"
import { isProblem, makeFieldParser } from "./fields.ts"
import { fitHeader, type Fitted, type Misfit } from "./fitHeader.ts"
import { foreignFormat } from "./foreignFormat.ts"
import { type Frame, rawOf, span } from "./frame.ts"
import type { FieldCounts } from "./FieldCounts.ts"
import type { PlainWalk } from "./plain/PlainWalk.ts"
import { HeaderError, headerError } from "./HeaderError.ts"
import { textOf } from "./Text.ts"
import { RecordFramer } from "./RecordFramer.ts"

/** Where the records of a file are, whatever they mean. */
export interface RecordsAt {
  readonly format: Format
  /** Where they begin. */
  readonly end: Position
  readonly fields: FieldCounts
}

/** What is needed to decode the records of a file. */
export interface Header extends RecordsAt, Fitted {
  readonly bytes: Uint8Array
  readonly mapping: ColumnMapping
}

/** The fields of a file, by no mapping. */
export interface NamedFields extends RecordsAt {
  /** As they are written. */
  readonly names: ReadonlyArray<string>
}

/** Characters of `extra` that the names of a batch may take: each record repeats those of its fields. */
const mostNames = 512 * 1024

/** Reads records of the file from a position after its header on. `plain`: see `FramerOptions`. */
export const framerAfter = (
  { extra = [], fields, format }: Pick<Header, "fields" | "format"> & Partial<Pick<Header, "extra">>,
  { byteOffset, line }: Position,
  maxRecordSize: number,
  plain?: PlainWalk | undefined,
): RecordFramer => {
  const names = extra.reduce((sum, { name }) => sum + name.length, 1)
  const mostFrames = Math.max(1, Math.floor(mostNames / names))
  return new RecordFramer({ format, maxRecordSize, offset: byteOffset, line, fields, mostFrames, plain })
}

export interface HeaderOptions {
  readonly mapping: ColumnMapping
  /** A link leads to the file, which another user may have planted: no error shows its text. */
  readonly isLinked?: boolean | undefined
  /** What is known of the file's format. */
  readonly format: FormatOptions
  /** Of the columns of the table. Default: those of a new one. */
  readonly widths?: Widths | undefined
  /** Bytes of a record, and so of a header. */
  readonly maxRecordSize: number
}

/** The fields of records under a header with these names. */
export const fieldCountsOf = (names: ReadonlyArray<string>): FieldCounts => ({
  named: names.findLastIndex((name) => name.trim() !== "") + 1,
  all: names.length,
})

export const emptyError = (): HeaderError =>
  headerError("empty", "The file is empty, without even a header. Export it again, or remove it.")

/** Characters of a value that is shown. */
export const longestShown = 40

/** Text of a file for a message: short, with unprintable characters escaped. */
export const printable = (text: string, length: number): string => {
  let printed = ""
  for (const character of text) {
    if (printed.length >= length) return `${printed}...`
    const prints = !/[\p{C}\u2028\u2029]/u.test(character)
    printed += prints ? character : `\\u{${character.codePointAt(0)!.toString(16)}}`
  }
  return printed
}

const describeNames = (names: ReadonlyArray<string>): string =>
  names
    .slice(0, 20)
    .map((name) => `"${printable(name, 40)}"`)
    .join(", ") + (names.length > 20 ? `, ... (${names.length} in all)` : "")

/** A header's name for a list: shortened, and quoted where its ends would not be visible. */
const listed = (name: string): string => {
  const short = name.length > 40 ? `${name.slice(0, 40)}...` : name
  return /^[\p{L}\p{N}_.-]+$/u.test(short) ? short : `"${short}"`
}

/** Names that are compared with a missing one. */
const mostCompared = 1_000

export const misfitError = (
  { competing, delimiter, missing, repeated }: Misfit,
  fields: ReadonlyArray<string>,
  isLinked: boolean,
): HeaderError => {
  // They may be the values of a record.
  const holdsAddress = fields.some((field) => field.includes("@"))
  const isHidden = isLinked || holdsAddress
  const count = plural(fields.length, "field")
  const described = isLinked ? `${count}, not shown: a link in the folder leads to this file` : count
  const names =
    isHidden || delimiter !== undefined
      ? []
      : fields.slice(0, mostCompared).flatMap((field) => (field.trim() === "" ? [] : field.trim()))
  const withNearest = (header: string): string => {
    if (header === otherHeaders) return `"${otherHeaders}" (all others are "${otherHeaders}": "extra")`
    const [nearest] = suggestions(
      header.toLowerCase(),
      names.map((name) => name.toLowerCase()),
    )
    const name = names.find((name) => name.toLowerCase() === nearest)
    return name === undefined ? listed(header) : `${listed(header)} (the nearest is ${listed(name)})`
  }
  const anyOf = (headers: ReadonlyArray<string>): string => headers.map(withNearest).join(" or ")
  const problems = [
    ...(missing.length > 0
      ? [`${missing.length === 1 ? "header" : "headers"} missing: ${missing.map(anyOf).join(", ")}`]
      : []),
    ...repeated.map((header) => `header "${header}" appears twice`),
    ...competing.map(([target, headers]) => `more than one header for ${target}: ${headers.map(listed).join(", ")}`),
    ...(delimiter === undefined ? [] : [`the delimiter looks like ${JSON.stringify(delimiter)}`]),
  ]
  const problem = problems.map((problem) => printable(problem, 600)).join("; ")
  const advice = `${delimiter === undefined ? "Correct" : "Use that delimiter, or correct"} the header or the mapping.`
  return new HeaderError({
    reason: "misfit",
    message: `${problem.charAt(0).toUpperCase()}${problem.slice(1)} (the header has ${described}). ${advice}`,
    ...(!isHidden && { shown: Redacted.make(`The header has ${describeNames(fields)}.`) }),
    missing: missing.flat(),
    repeated: [...repeated, ...competing.flatMap(([, headers]) => headers)],
    names: isHidden ? [] : fields,
    ...(delimiter !== undefined && { delimiter }),
  })
}

/**
 * The file's header, the first of these frames. One that does not fit the mapping fails the file, with what a person
 * needs to correct it. The message never shows the values of a record, nor text of a file that a link leads to.
 */
export const readHeader = (
  { mapping, isLinked = false }: Pick<HeaderOptions, "mapping" | "isLinked">,
  format: Format,
  frames: ReadonlyArray<Frame>,
): Result.Result<Header, HeaderError> => {
  const frame = frames[0]!
  // In UTF-16 a NUL is part of a character.
  const isNarrow = textOf(format.encoding).width === 1
  const fail = (error: HeaderError) =>
    Result.fail((isNarrow ? foreignFormat(rawOf(frame), span(frames), isLinked) : undefined) ?? error)
  const fields = makeFieldParser(format)([frame])[0]!
  if (isProblem(fields)) {
    const where = `Line ${frame.line}, the header, is malformed`
    return fail(headerError("malformed", `${where}: ${fields.problem}. Correct that line.`))
  }
  const fitted = fitHeader(mapping, fields, format.delimiter)
  if (Result.isSuccess(fitted)) {
    return Result.succeed({
      format,
      bytes: rawOf(frame).slice(),
      end: { byteOffset: frame.nextOffset, line: frame.nextLine },
      fields: fieldCountsOf(fields),
      mapping,
      ...fitted.success,
    })
  }
  const isRecord = fields.some((field) => field.includes("@")) && !fields.some((field) => mapping.has(field.trim()))
  return fail(
    isRecord
      ? headerError("noHeader", `Line ${frame.line} looks like a record, not a header. Put the column names before it.`)
      : misfitError(fitted.failure, fields, isLinked),
  )
}
