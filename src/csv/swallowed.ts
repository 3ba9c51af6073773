// Quoted fields that take in whole records: two stray quotes, far apart, look like one field over many lines.

import { isEmail } from "../domain/emailAddress.ts"
import { formatNumber, plural } from "../text/format.ts"
import { isProblem, makeFieldParser } from "./fields.ts"
import { type Frame, rawOf } from "./frame.ts"
import { Framer } from "./Framer.ts"
import type { Header } from "./header.ts"
import { startOfField } from "./quotedFields.ts"
import { textOf } from "./Text.ts"

const lineEnd = /\r\n|\r|\n/g

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

  const isRecord = (line: Frame): boolean => {
    const [only, ...others] = framesOf(rawOf(line), format)
    if (only === undefined || others.length > 0 || only.problem !== undefined || only.isShort) return false
    const [values] = parse([only])
    return values !== undefined && !isProblem(values) && isEmail(values[positions.email] ?? "")
  }

  /** Without quotes every line end ends a line. */
  const linesOf = (frame: Frame): ReadonlyArray<Frame> =>
    framesOf(rawOf(frame), { ...format, quote: null, escape: "doubled", lineEnd: null, comment: null })

  return (frame: Frame): string | undefined => {
    if (frame.nextLine - frame.line < 2 || frame.problem !== undefined) return undefined
    const records = linesOf(frame).filter(isRecord)
    const [first] = records
    if (first === undefined) return undefined
    const text = decode(rawOf(frame)) ?? ""
    const before = decode(rawOf(frame).subarray(0, first.offset)) ?? ""
    const start = startOfField(text, format, before.length)
    const line = frame.line + (text.slice(0, start).match(lineEnd)?.length ?? 0)
    const lines = `${plural(records.length, "line")} that ${records.length === 1 ? "looks like a record" : "look like records"}`
    return `the quoted field that begins on line ${formatNumber(line)} takes in ${lines}; --quoted-lines keep reads it as it is`
  }
}
