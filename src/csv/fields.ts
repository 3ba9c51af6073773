// The fields of framed records: csv-parse splits those with quotes, a faster way the others.

import { CsvError, type Options, parse } from "csv-parse/sync"
import type { Encoding } from "../domain/encoding.ts"
import type { Format } from "../domain/Format.ts"
import { plural } from "../text/format.ts"
import { type Frame, rawOf, span } from "./frame.ts"
import type { FieldAt, Malformed, ReadRecord, Split } from "./readRecord.ts"
import { isBlank, isNull, makeQuotedSplit } from "./quotedFields.ts"
import { textOf } from "./Text.ts"

const space = 0x20
const backslash = 0x5c
const carriageReturn = 0x0d

/** An index that was searched for; not found: after everything else. */
const orEnd = (index: number): number => (index === -1 ? Number.POSITIVE_INFINITY : index)

/**
 * For records without a quote: csv-parse, which knows the rest of the format, takes several times as long. No array of
 * lines, and none of fields: both took longer than all the rest.
 */
const makePlainSplit =
  <A>({ delimiter, isExact, trim }: Format, read: ReadRecord<A>): Split<A> =>
  (text) => {
    const records: Array<A> = []
    /** Where the fields of a line begin, and where another one would. */
    const starts: Array<number> = []
    let count = 0
    const unusual = (from: number, to: number): string => {
      let [start, end] = [from, to]
      if (trim) {
        while (start < end && isBlank(text.charCodeAt(start))) start++
        while (start < end && isBlank(text.charCodeAt(end - 1))) end--
      }
      return !isExact && isNull(text, start, end) ? "" : text.slice(start, end)
    }
    const field: FieldAt = (index) => {
      if (index >= count) return ""
      const start = starts[index]!
      const end = starts[index + 1]! - 1
      const first = text.charCodeAt(start)
      // Nearly always: no blanks around it, and no `\N`.
      if (first > space && first !== backslash && text.charCodeAt(end - 1) > space) return text.slice(start, end)
      return unusual(start, end)
    }
    let nextDelimiter = orEnd(text.indexOf(delimiter))
    let nextLineFeed = orEnd(text.indexOf("\n"))
    let nextReturn = orEnd(text.indexOf("\r"))
    let start = 0
    while (start < text.length) {
      const end = Math.min(nextLineFeed, nextReturn, text.length)
      // Blank lines may stand between records, and between a CR and its LF.
      if (end > start) {
        count = 0
        starts[count++] = start
        while (nextDelimiter < end) {
          starts[count++] = nextDelimiter + 1
          nextDelimiter = orEnd(text.indexOf(delimiter, nextDelimiter + 1))
        }
        starts[count] = end + 1
        records.push(read(field, count))
      }
      start = end + 1
      if (nextLineFeed < start) nextLineFeed = orEnd(text.indexOf("\n", start))
      if (nextReturn < start) nextReturn = orEnd(text.indexOf("\r", start))
    }
    return records
  }

/**
 * csv-parse reads quoted fields, but for blanks around fields, which it trims as JavaScript does (no-break spaces too),
 * and an unquoted `\\N`, which it does not know from a quoted one.
 */
const makeCsvParseSplit = <A>({ delimiter, quote }: Format, read: ReadRecord<A>): Split<A> => {
  const options: Options = {
    delimiter,
    quote,
    // Else that of this character, whatever the quote is.
    escape: quote,
    record_delimiter: "\n",
    // The framing counts the fields.
    relax_column_count: true,
  }
  return (text) => {
    try {
      const records: ReadonlyArray<ReadonlyArray<string>> = parse(text, options)
      return records.map((fields) => read((index) => fields[index] ?? "", fields.length))
    } catch (error) {
      if (!(error instanceof CsvError)) throw error
      // Its message may quote a field, and reasons are logged.
      return { problem: `rejected by csv-parse (${error.code})` }
    }
  }
}

/** Whether csv-parse reads the text as the format means it. */
const makeIsPlainCsv = ({ delimiter, escape, isExact, trim }: Format): ((text: string) => boolean) => {
  if (escape !== "doubled") return () => false
  const end = `\\x${delimiter.charCodeAt(0).toString(16).padStart(2, "0")}|\n`
  const patterns = [...(trim ? [`[ \t](?:${end}|$)`, `(?:^|${end})[ \t]`] : []), ...(isExact ? [] : ["\\\\N"])]
  if (patterns.length === 0) return () => true
  const others = new RegExp(patterns.join("|"))
  return (text) => !others.test(text)
}

/** Reads well-formed frames; where they cannot be read together, each by itself. */
const splitFrames = <A>(
  frames: ReadonlyArray<Frame>,
  bytes: Uint8Array,
  split: Split<A>,
  encoding: Encoding,
): ReadonlyArray<A | Malformed> => {
  const text = textOf(encoding).decode(bytes)
  const records = text === undefined ? { problem: `not valid ${encoding.toUpperCase()}` } : split(text)
  // Where the splitting and the framing disagree, no record may take the place of another.
  if (!("problem" in records) && records.length === frames.length) return records
  if (frames.length > 1) return frames.flatMap((frame) => splitFrames([frame], rawOf(frame), split, encoding))
  return ["problem" in records ? records : { problem: `${plural(records.length, "record")} in one` }]
}

/** Reads the framed records of a batch, as many together as possible. Frames that have a problem keep it. */
export const makeRecordParser = <A>(format: Format, read: ReadRecord<A>) => {
  const { encoding } = format
  const { encode, low, width } = textOf(encoding)
  const newLine = encode("\n")
  const plainSplit = makePlainSplit(format, read)
  const csvParseSplit = makeCsvParseSplit(format, read)
  const quotedSplit = makeQuotedSplit(format, read)
  const isPlainCsv = makeIsPlainCsv(format)

  const splitQuoted: Split<A> = (text) => (isPlainCsv(text) ? csvParseSplit : quotedSplit)(text)

  const join = (frames: ReadonlyArray<Frame>): Uint8Array =>
    Buffer.concat(frames.flatMap((frame) => [rawOf(frame), newLine]))

  const splitAlone = (frame: Frame) => splitFrames([frame], rawOf(frame), splitQuoted, encoding)

  /** An escaped CR: with the LF of a join it would be one line end. */
  const endsWithReturn = ({ bytes, end }: Frame): boolean => bytes[end - width + low] === carriageReturn

  const readQuoted = (frames: ReadonlyArray<Frame>): ReadonlyArray<A | Malformed> =>
    frames.some(endsWithReturn) ? frames.flatMap(splitAlone) : splitFrames(frames, join(frames), splitQuoted, encoding)

  /** Between them may be rows that are no records, and records that are read elsewhere. */
  const areNeighbours = (frames: ReadonlyArray<Frame>): boolean =>
    frames.every(({ bytes, offset }, index) => {
      const before = frames[index - 1]
      return before === undefined || (before.nextOffset === offset && before.bytes === bytes)
    })

  const readPlain = (frames: ReadonlyArray<Frame>): ReadonlyArray<A | Malformed> =>
    splitFrames(frames, areNeighbours(frames) ? span(frames) : join(frames), plainSplit, encoding)

  return (frames: ReadonlyArray<Frame>): ReadonlyArray<A | Malformed> => {
    const wellFormed = frames.filter(({ problem }) => problem === undefined)
    const quoted = wellFormed.filter(({ isQuoted }) => isQuoted)
    const plain = wellFormed.filter(({ isQuoted }) => !isQuoted)
    const quotedRecords = (quoted.length === 0 ? [] : readQuoted(quoted)).values()
    const plainRecords = (plain.length === 0 ? [] : readPlain(plain)).values()
    return frames.map(({ isQuoted, problem }) =>
      problem === undefined ? (isQuoted ? quotedRecords : plainRecords).next().value! : { problem },
    )
  }
}

/** A record's fields, or why it has none. */
export type Fields = ReadonlyArray<string> | Malformed

export const isProblem = (fields: Fields): fields is Malformed => "problem" in fields

/** Splits the framed records of a batch into their fields. */
export const makeFieldParser = (format: Format): ((frames: ReadonlyArray<Frame>) => ReadonlyArray<Fields>) =>
  makeRecordParser<ReadonlyArray<string>>(format, (field, length) => Array.from({ length }, (_, index) => field(index)))
