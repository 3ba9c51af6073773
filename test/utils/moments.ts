// What a test expects of texts that are moments.

import { type DateFormat, parseDateFormat } from "../../src/domain/dateFormat.ts"
import { instantText, type Moment } from "../../src/domain/Moment.ts"
import { Problem } from "../../src/domain/Problem.ts"

/** The day and the instant as text, null, or what the problem says. */
export const shown = (read: Moment | null | Problem): readonly [day: string, instant: string] | string | null => {
  if (read instanceof Problem) return read.message
  return read === null ? null : [read.day, instantText(read).replace(/\.?0*Z$/, "Z")]
}

/** Throws where the format is refused. */
export const dateFormat = (text: string): DateFormat => {
  const format = parseDateFormat(text)
  if (format instanceof Problem) throw new Error(format.message)
  return format
}
