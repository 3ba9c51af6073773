// The fields of framed records: csv-parse splits those with quotes, a faster way the others.

import { CsvError, type Options, parse } from "csv-parse/sync"
import { plural } from "../text/format.ts"
import { type Frame, rawOf, span } from "./frame.ts"

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const decodeUtf8 = (bytes: Uint8Array): string | undefined => {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

export const isUtf8 = (bytes: Uint8Array): boolean => decodeUtf8(bytes) !== undefined

/** The text of a record's field, by its index. Only valid while that record is being read. */
export type FieldAt = (index: number) => string

/** Why a record cannot be split into fields. */
export interface Malformed {
  readonly problem: string
}

/** Makes something of a record's fields. */
type ReadRecord<A> = (field: FieldAt, count: number) => A

type Split<A> = (text: string) => ReadonlyArray<A> | Malformed

/** An index that was searched for; not found: after everything else. */
const orEnd = (index: number): number => (index === -1 ? Number.POSITIVE_INFINITY : index)

/**
 * For records without a quote: csv-parse, which knows the rest of the format, takes several times as long. No array of
 * lines, and none of fields: both took longer than all the rest.
 */
const makePlainSplit =
  <A>(delimiter: string, read: ReadRecord<A>): Split<A> =>
  (text) => {
    const records: Array<A> = []
    /** Where the fields of a line begin, and where another one would. */
    const starts: Array<number> = []
    const field: FieldAt = (index) => text.slice(starts[index]!, starts[index + 1]! - 1)
    let nextDelimiter = orEnd(text.indexOf(delimiter))
    let nextLineFeed = orEnd(text.indexOf("\n"))
    let nextReturn = orEnd(text.indexOf("\r"))
    let start = 0
    while (start < text.length) {
      const end = Math.min(nextLineFeed, nextReturn, text.length)
      // Blank lines may stand between records, and between a CR and its LF.
      if (end > start) {
        let count = 0
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

const makeQuotedSplit = <A>(delimiter: string, read: ReadRecord<A>): Split<A> => {
  const options: Options = {
    delimiter,
    record_delimiter: "\n",
    // The framing counts the fields.
    relax_column_count: true,
  }
  const parseAll = (text: string): ReadonlyArray<ReadonlyArray<string>> | Malformed => {
    try {
      return parse(text, options)
    } catch (error) {
      if (!(error instanceof CsvError)) throw error
      // Its message may quote a field, and reasons are logged.
      return { problem: `rejected by csv-parse (${error.code})` }
    }
  }
  return (text) => {
    const records = parseAll(text)
    return "problem" in records ? records : records.map((fields) => read((index) => fields[index]!, fields.length))
  }
}

const newLine = Uint8Array.of(0x0a)

const join = (frames: ReadonlyArray<Frame>): Uint8Array =>
  Buffer.concat(frames.flatMap((frame) => [rawOf(frame), newLine]))

/** Reads well-formed frames; where they cannot be read together, each by itself. */
const splitFrames = <A>(
  frames: ReadonlyArray<Frame>,
  bytes: Uint8Array,
  split: Split<A>,
): ReadonlyArray<A | Malformed> => {
  const text = decodeUtf8(bytes)
  const records = text === undefined ? { problem: "not valid UTF-8" } : split(text)
  // Where csv-parse and the framing disagree, no record may take the place of another.
  if (!("problem" in records) && records.length === frames.length) return records
  if (frames.length > 1) return frames.flatMap((frame) => splitFrames([frame], rawOf(frame), split))
  return ["problem" in records ? records : { problem: `${plural(records.length, "record")} in one` }]
}

/** Reads the framed records of a batch, as many together as possible. Frames that have a problem keep it. */
export const makeRecordParser = <A>(delimiter: string, read: ReadRecord<A>) => {
  const plainSplit = makePlainSplit(delimiter, read)
  const quotedSplit = makeQuotedSplit(delimiter, read)

  return (frames: ReadonlyArray<Frame>): ReadonlyArray<A | Malformed> => {
    const quoted = frames.filter(({ isQuoted, problem }) => isQuoted && problem === undefined)
    const quotedRecords = quoted.length === 0 ? [] : splitFrames(quoted, join(quoted), quotedSplit)
    let nextQuoted = 0
    const parsed: Array<A | Malformed> = []
    let run: Array<Frame> = []
    const endRun = () => {
      if (run.length > 0) for (const record of splitFrames(run, span(run), plainSplit)) parsed.push(record)
      run = []
    }
    for (const frame of frames) {
      if (frame.problem === undefined && !frame.isQuoted) run.push(frame)
      else {
        endRun()
        parsed.push(frame.problem === undefined ? quotedRecords[nextQuoted++]! : { problem: frame.problem })
      }
    }
    endRun()
    return parsed
  }
}

/** A record's fields, or why it has none. */
export type Fields = ReadonlyArray<string> | Malformed

export const isProblem = (fields: Fields): fields is Malformed => "problem" in fields

/** Splits the framed records of a batch into their fields. */
export const makeFieldParser = (delimiter: string): ((frames: ReadonlyArray<Frame>) => ReadonlyArray<Fields>) =>
  makeRecordParser<ReadonlyArray<string>>(delimiter, (field, length) =>
    Array.from({ length }, (_, index) => field(index)),
  )
