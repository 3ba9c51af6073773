// Whether backslashes of a file may be escapes: records are malformed without, and fewer are with them.

import { type Frame, rawOf } from "./frame.ts"
import type { HeaderOptions, RecordsAt } from "./header.ts"
import type { Beginning } from "./Sample.ts"
import { framesOf } from "./sampleFrames.ts"
import { includes, textOf } from "./Text.ts"

const malformedWithEscape = (beginning: Beginning, header: RecordsAt, maxRecordSize: number): ReadonlyArray<Frame> => {
  const escape = textOf(header.format.encoding).encode(`\\${header.format.quote}`)
  const malformed: Array<Frame> = []
  for (const frame of framesOf(beginning, header, maxRecordSize)) {
    if (frame.problem !== undefined && includes(rawOf(frame), escape)) malformed.push(frame)
  }
  return malformed
}

/** The records that are malformed without escapes, at least one; undefined: nothing shows that there are escapes. */
export const findEscapes = (
  beginning: Beginning,
  header: RecordsAt,
  { format, maxRecordSize }: Pick<HeaderOptions, "format" | "maxRecordSize">,
): { readonly records: number; readonly line: number } | undefined => {
  const { encoding, quote } = header.format
  if (format.escape !== undefined || quote === null) return undefined
  if (!includes(beginning.bytes, textOf(encoding).encode(`\\${quote}`))) return undefined
  const malformed = malformedWithEscape(beginning, header, maxRecordSize)
  const escaped = { ...header, format: { ...header.format, escape: "backslash" as const } }
  const [first] = malformed
  if (first === undefined) return undefined
  if (malformedWithEscape(beginning, escaped, maxRecordSize).length >= malformed.length) return undefined
  return { records: malformed.length, line: first.line }
}
