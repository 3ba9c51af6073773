// Finds a value that shows which encoding a file has: one beyond ASCII.

import { isProblem, makeFieldParser } from "./fields.ts"
import type { RecordsAt } from "./header.ts"
import type { Beginning } from "./Sample.ts"
import { framesOf } from "./sampleFrames.ts"

/** The first value beyond ASCII in these fields; never of an e-mail. */
export const firstBeyondAscii = (
  beginning: Beginning,
  header: RecordsAt,
  maxRecordSize: number,
  positions: ReadonlyArray<number>,
): { readonly position: number; readonly line: number; readonly value: string } | undefined => {
  const parse = makeFieldParser(header.format)
  for (const frame of framesOf(beginning, header, maxRecordSize)) {
    const [fields] = parse([frame])
    if (fields === undefined || isProblem(fields)) continue
    for (const position of positions) {
      const value = fields[position] ?? ""
      if (/[^\0-\x7f]/.test(value) && !value.includes("@")) return { position, line: frame.line, value }
    }
  }
  return undefined
}
