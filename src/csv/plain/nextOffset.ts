// Where the line after a plain record begins.

import type { Rows } from "../../domain/rows/Rows.ts"

const carriageReturn = 0x0d

/** In the file. The bytes of a plain record's row go on with its line end, LF or CRLF. */
export const nextOffset = ({ at, bytes, offsets, size }: Rows, row: number): number =>
  offsets[row]! + size[row]! + (bytes[at[row]! + size[row]!] === carriageReturn ? 2 : 1)
