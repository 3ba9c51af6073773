// What the code units of a format mean to a framer, by a table.

import type { Format } from "../domain/Format.ts"
import type { Text } from "./Text.ts"

// What a code unit means: up to PADDING, it is text in an unquoted field; up to DELIMITER, in a quoted one.
export const TEXT = 0
/** No text at the start and the end of a field. */
export const BLANK = 1
/** What fills a block after the end of a file: NUL, and SUB of CP/M and DOS. */
export const PADDING = 2
export const DELIMITER = 3
export const QUOTE = 4
export const LINE_FEED = 5
export const CARRIAGE_RETURN = 6
export const ESCAPE = 7
/** The first byte of a character whose second one may be that of an ASCII character. */
export const LEAD = 8

/** Whether the byte may be the second one of a character. */
export const isTrail = (byte: number): boolean => byte >= 0x30

const makeMeanings = ({ delimiter, escape, quote }: Format, { isLead }: Text): Uint8Array => {
  const table = new Uint8Array(256)
  for (let byte = 0x80; byte < 256; byte++) if (isLead(byte)) table[byte] = LEAD
  const mean = (text: string, meaning: number): void => {
    for (const character of text) table[character.charCodeAt(0)] = meaning
  }
  mean(" \t", BLANK)
  mean("\0\x1a", PADDING)
  mean("\n", LINE_FEED)
  mean("\r", CARRIAGE_RETURN)
  if (quote !== null) mean(quote, QUOTE)
  if (escape === "backslash") mean("\\", ESCAPE)
  mean(delimiter, DELIMITER)
  return table
}

/** Lines of a quoted field have a framer each. */
const known = new WeakMap<Format, Uint8Array>()

export const meaningsOf = (format: Format, text: Text): Uint8Array => {
  const meanings = known.get(format) ?? makeMeanings(format, text)
  known.set(format, meanings)
  return meanings
}
