// The header of a file: read, fitted to the mapping, or explained where it cannot be.

import { Result } from "effect"
import type { Position } from "../domain/Chunk.ts"
import { type ColumnMapping, fitHeader, type Positions } from "../domain/ColumnMapping.ts"
import { plural } from "../text/format.ts"
import { isProblem, isUtf8, makeFieldParser } from "./fields.ts"
import { type Frame, rawOf, span } from "./frame.ts"
import { compressedEnding, SourceError, type SourceFile } from "../domain/SourceFile.ts"

/** What is needed to decode the records of a file. */
export interface Header {
  readonly delimiter: string
  readonly bytes: Uint8Array
  readonly end: Position
  readonly fieldCount: number
  readonly positions: Positions
}

export interface HeaderOptions {
  readonly mapping: ColumnMapping
  readonly delimiter: string
}

const fileError = (file: SourceFile, message: string): SourceError =>
  new SourceError({ operation: "read", uri: file.uri, message: `${file.uri}: ${message}` })

export const emptyError = (file: SourceFile): SourceError =>
  fileError(file, "is empty, without even a header. Export it again, or remove it.")

/** Text of a file for a message: short, with unprintable characters escaped. */
const printable = (text: string, length: number): string => {
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

/** One character a byte, so that binary formats can be matched. */
const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes)

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(" ")

const formats: ReadonlyArray<readonly [beginning: RegExp, problem: string]> = [
  [/^\xff\xfe\0\0|^\0\0\xfe\xff/, "is UTF-32. Convert it to UTF-8 first (iconv -f UTF-32 -t UTF-8)."],
  [/^\xff\xfe/, "is UTF-16 (little-endian). Convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)."],
  [/^\xfe\xff/, "is UTF-16 (big-endian). Convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)."],
  // Without a byte order mark: a NUL beside every character of the header, whose last one may have lost its second
  // half.
  [/^(?:[^\0\r\n]\0){2,}[^\0]?$/, "is UTF-16 (little-endian). Convert it to UTF-8 first (iconv -f UTF-16LE -t UTF-8)."],
  [/^(?:\0[^\0\r\n]){2,}\0?$/, "is UTF-16 (big-endian). Convert it to UTF-8 first (iconv -f UTF-16BE -t UTF-8)."],
  [/^PK\x03\x04/, "is a ZIP archive or an Excel workbook. Unpack it, or save it as CSV (UTF-8)."],
  [/^\xd0\xcf\x11\xe0/, "is an Excel workbook. Save it as CSV (UTF-8)."],
  [/^(?:BZh[1-9]1AY|\xfd7zXZ\0|\x28\xb5\x2f\xfd|7z\xbc\xaf)/, "is compressed, but not by gzip. Decompress it first."],
]

/** What a file is instead of CSV text, and what to do; undefined for text. `head` begins with the header. */
const foreignFormat = (file: SourceFile, header: Uint8Array, head: Uint8Array): string | undefined => {
  const text = latin1(head)
  if (text.startsWith("\x1f\x8b")) {
    return compressedEnding(file.uri) === ".gz"
      ? "was compressed by gzip twice. Decompress it once."
      : "is compressed by gzip, but its name does not end in .gz. Rename it."
  }
  const line = latin1(header.subarray(0, headSize))
  const format = formats.find(([beginning]) => beginning.test(line))
  if (format !== undefined) return format[1]
  const isBinary = line.includes("\0") || (!isUtf8(header) && /[\0-\x08\x0e-\x1f]/.test(text))
  const bytes = file.isLinked === true ? "" : ` (it begins with the bytes ${hex(head)})`
  return isBinary ? `does not look like CSV text${bytes}. Export it as CSV.` : undefined
}

/** Bytes of the file's beginning that are inspected when its header cannot be used. */
const headSize = 4096

/**
 * The file's header, the first of these frames. One that does not fit the mapping fails the file, with what a person
 * needs to correct it. The message never shows the values of a record, nor text of a file that a link leads to.
 */
export const readHeader = (
  file: SourceFile,
  { mapping, delimiter }: HeaderOptions,
  frames: ReadonlyArray<Frame>,
): Result.Result<Header, SourceError> => {
  const frame = frames[0]!
  const fail = (message: string) => {
    const format = foreignFormat(file, rawOf(frame), span(frames).subarray(0, headSize))
    return Result.fail(fileError(file, format ?? message))
  }
  const fields = makeFieldParser(delimiter)([frame])[0]!
  if (isProblem(fields)) {
    const advice = isUtf8(rawOf(frame))
      ? "Correct that line."
      : "Save the file as UTF-8, or convert it (iconv -f WINDOWS-1252 -t UTF-8)."
    return fail(`line ${frame.line}, the header, is malformed: ${fields.problem}. ${advice}`)
  }
  const fitted = fitHeader(mapping, fields, delimiter)
  if (Result.isFailure(fitted)) {
    const holdsAddress = fields.some((field) => field.includes("@"))
    const isRecord = holdsAddress && !fields.some((field) => mapping.has(field.trim()))
    if (isRecord) return fail(`line ${frame.line} looks like a record, not a header. Put the column names before it.`)
    const problems = fitted.failure.map((problem) => printable(problem, 600)).join("; ")
    const count = plural(fields.length, "field")
    const names =
      file.isLinked === true
        ? `${count}, not shown: a link in the folder leads to this file`
        : holdsAddress
          ? count
          : describeNames(fields)
    return fail(`${problems} (the header has ${names}). Correct the header or the --mapping.`)
  }
  return Result.succeed({
    delimiter,
    bytes: rawOf(frame).slice(),
    end: { byteOffset: frame.nextOffset, line: frame.nextLine },
    fieldCount: fields.length,
    positions: fitted.success,
  })
}
