// What proves the encoding and the delimiter of a file, and what is before its header.

import { Result } from "effect"
import type { Format } from "../../domain/Format.ts"
import type { HeaderOptions } from "../header.ts"
import { findHeaderLines } from "../headerLines.ts"
import type { Beginning } from "../Sample.ts"
import { textOf } from "../Text.ts"
import type { Evidence } from "./findings.ts"
import { shownAt } from "./shown.ts"

/** What proves the encoding of a format that was found. */
export const encodingEvidence = (
  { bytes }: Beginning,
  { byteOrderMark }: Format,
  { format: { encoding } }: Pick<HeaderOptions, "format">,
): Evidence["encoding"] => {
  if (byteOrderMark) return "byteOrderMark"
  if (encoding !== undefined) return "given"
  // Millions of bytes: a callback for each takes longer than all the rest.
  for (let index = 0; index < bytes.length; index++) if (bytes[index]! > 0x7f) return "utf8"
  return "ascii"
}

/** What proves the delimiter of a header that is proved. */
export const delimiterEvidence = (
  beginning: Beginning,
  found: Format,
  { format, maxRecordSize }: Omit<HeaderOptions, "mapping">,
): Evidence["delimiter"] => {
  if (format.delimiter !== undefined) return "given"
  const lines = findHeaderLines(beginning, found, { format, maxRecordSize })
  return found.header === null && Result.isSuccess(lines) && lines.success.isNamed ? "sepLine" : "header"
}

const linesShown = 3

/** Of a title no more is read. */
const mostBytes = 1_000

/** The lines with text before the header, or the first record. */
export const skippedBefore = (
  beginning: Beginning,
  format: Format,
  { isLinked = false, maxRecordSize }: Omit<HeaderOptions, "mapping">,
): Evidence["skipped"] => {
  const text = textOf(format.encoding)
  const lines = findHeaderLines(beginning, format, { format: {}, maxRecordSize })
  const before = Result.isFailure(lines)
    ? []
    : lines.success.candidates.filter(({ number }) => number < format.headerLine)
  const first = isLinked
    ? []
    : before.slice(0, linesShown).map(({ end, number, start }) => {
        const line = text.decode(beginning.bytes.subarray(start, Math.min(end, start + mostBytes)))
        return shownAt({ text: (line ?? "").trim(), line: number })
      })
  return { count: before.length, first }
}
