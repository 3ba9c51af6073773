// Quoted fields that take in whole records: two stray quotes, far apart, look like one field over many lines.

import { isEmail } from "../domain/emailAddress.ts"
import { formatNumber, plural } from "../text/format.ts"
import { type Fields, isProblem, makeFieldParser } from "./fields.ts"
import { type Frame, rawOf } from "./frame.ts"
import { Framer } from "./Framer.ts"
import type { Header } from "./header.ts"
import { startOfField } from "./quotedFields.ts"
import { includes, textOf } from "./Text.ts"

const lineEnd = /\r\n|\r|\n/g
const lineFeed = 0x0a
const carriageReturn = 0x0d

/**
 * The problem of a record over several lines of which one, by itself, has the header's fields and an e-mail in its
 * place; undefined: none has.
 */
export const makeFindSwallowed = ({ fields, format, positions }: Header) => {
  const { encoding } = format
  const { decode, encode } = textOf(encoding)
  const parse = makeFieldParser(format)
  const newLine = encode("\n")

  const framesOf = (bytes: Uint8Array, framed: typeof format): ReadonlyArray<Frame> => {
    const maxRecordSize = bytes.length + newLine.length
    const framer = new Framer({ format: framed, maxRecordSize, offset: 0, line: 1, fields })
    return [...framer.push(bytes), ...framer.push(newLine), ...framer.finish()].flat()
  }

  const at = encode("@")
  const delimiter = format.delimiter.charCodeAt(0)

  /** Whether they have an at sign, and delimiters enough: most lines lack them. */
  const mayBeRecord = (raw: Uint8Array): boolean => {
    let delimiters = 0
    for (const byte of raw) if (byte === delimiter) delimiters++
    return delimiters >= fields.named - 1 && includes(raw, at)
  }

  /** Without its first line; perhaps with some of it, where another character has a byte of a line end. */
  const otherLines = (raw: Uint8Array): Uint8Array =>
    raw.subarray(raw.findIndex((byte) => byte === lineFeed || byte === carriageReturn))

  const isWhole = ([only, ...others]: ReadonlyArray<Frame>): boolean =>
    only !== undefined &&
    others.length === 0 &&
    only.problem === undefined &&
    only.row !== "short" &&
    only.nextLine === 2

  const asText = { ...format, quote: null }
  const parseText = makeFieldParser(asText)

  const emailIn = (values: Fields | undefined): string | undefined =>
    values === undefined || isProblem(values) ? undefined : values[positions.email]

  /** Whether a line is a record by itself, or, with another e-mail than its record, where its quotes are text. */
  const isRecord = (line: Frame, own: string | undefined): boolean => {
    const raw = rawOf(line)
    if (!mayBeRecord(raw)) return false
    const alone = framesOf(raw, format)
    if (isWhole(alone)) return isEmail(emailIn(parse(alone)[0]) ?? "")
    // An escape may stand before a line end or a quote.
    const text = format.escape === "backslash" ? [] : framesOf(raw, asText)
    const email = isWhole(text) ? emailIn(parseText(text)[0]) : undefined
    return email !== undefined && email !== own && isEmail(email)
  }

  /** Without quotes every line end ends a line. */
  const asLines: typeof format = { ...asText, escape: "doubled", lineEnd: null, comment: null }

  return (frame: Frame): string | undefined => {
    if (frame.nextLine - frame.line < 2 || frame.problem !== undefined) return undefined
    const raw = rawOf(frame)
    if (!mayBeRecord(otherLines(raw))) return undefined
    const own = emailIn(parse([frame])[0])
    // The first line begins outside of the field; the last one ends there, unless quotes are damaged.
    const last = format.escape === "backslash" ? -1 : undefined
    const lines = framesOf(raw, asLines).slice(1, last)
    const records = lines.filter((line) => isRecord(line, own))
    const [first] = records
    if (first === undefined) return undefined
    const text = decode(raw) ?? ""
    const before = decode(raw.subarray(0, first.offset)) ?? ""
    const start = startOfField(text, format, before.length)
    const line = frame.line + (text.slice(0, start).match(lineEnd)?.length ?? 0)
    const taken = `${plural(records.length, "line")} that ${records.length === 1 ? "looks like a record" : "look like records"}`
    return `the quoted field that begins on line ${formatNumber(line)} takes in ${taken}; --quoted-lines keep reads it as it is`
  }
}
