// How the text of a file is read: decided once for each load, from its beginning, and kept with it.

import { Schema } from "effect"
import { formatNumber } from "../text/format.ts"

export const Format = Schema.Struct({
  /** One character. */
  delimiter: Schema.String,
  /** The physical line on which the header begins, from 1. */
  headerLine: Schema.Int,
})

export type Format = typeof Format.Type

/** Of a file with commas and nothing before its header. */
export const plainFormat: Format = { delimiter: ",", headerLine: 1 }

const shown = (delimiter: string): string => (delimiter === "\t" ? "tab" : `'${delimiter}'`)

/** What differs from a plain file, such as "';', header on line 4"; undefined: nothing. */
export const describeFormat = ({ delimiter, headerLine }: Format): string | undefined => {
  const parts = [
    ...(delimiter === plainFormat.delimiter ? [] : [shown(delimiter)]),
    ...(headerLine === plainFormat.headerLine ? [] : [`header on line ${formatNumber(headerLine)}`]),
  ]
  return parts.length === 0 ? undefined : parts.join(", ")
}
