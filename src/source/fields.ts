import { type Options, parse } from "csv-parse/sync"
import { type Frame, span } from "./frame.ts"

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

export const isUtf8 = (bytes: Uint8Array): boolean => {
  try {
    utf8.decode(bytes)
    return true
  } catch {
    return false
  }
}

/** A record's fields, or why they cannot be told. */
export type Fields = ReadonlyArray<string> | { readonly problem: string }

export const isProblem = (fields: Fields): fields is { readonly problem: string } => "problem" in fields

type Split = (text: string) => ReadonlyArray<ReadonlyArray<string>>

/** For records without a quote: csv-parse, which knows the rest of the format, takes several times as long. */
const makePlainSplit =
  (delimiter: string): Split =>
  (text) => {
    const lines = text.includes("\r") ? text.split(/\r\n|\n|\r/) : text.split("\n")
    // Blank lines may stand between records.
    return lines.filter((line) => line !== "").map((line) => line.split(delimiter))
  }

const makeQuotedSplit = (delimiter: string): Split => {
  const options: Options = {
    delimiter,
    record_delimiter: "\n",
    // The framing has counted the fields already.
    relax_column_count: true,
  }
  return (text) => parse(text, options)
}

const newLine = Uint8Array.of(0x0a)

const join = (frames: ReadonlyArray<Frame>): Uint8Array => Buffer.concat(frames.flatMap(({ raw }) => [raw, newLine]))

/** The fields of well-formed frames; where they cannot be told together, of each by itself. */
const splitFrames = (frames: ReadonlyArray<Frame>, bytes: Uint8Array, split: Split): ReadonlyArray<Fields> => {
  let problem: string
  try {
    const records = split(utf8.decode(bytes))
    // Were it not of the framing's mind, no record may take the place of another.
    if (records.length === frames.length) return records
    problem = `${records.length} records in one`
  } catch (error) {
    problem = !isUtf8(bytes) ? "not valid UTF-8" : error instanceof Error ? error.message : String(error)
  }
  return frames.length === 1 ? [{ problem }] : frames.flatMap((frame) => splitFrames([frame], frame.raw, split))
}

/** Splits the framed records of a batch into their fields, many at once. Frames that have a problem keep it. */
export const makeFieldParser = (delimiter: string) => {
  const plainSplit = makePlainSplit(delimiter)
  const quotedSplit = makeQuotedSplit(delimiter)

  return (frames: ReadonlyArray<Frame>): ReadonlyArray<Fields> => {
    const quoted = frames.filter(({ isQuoted, problem }) => isQuoted && problem === undefined)
    const quotedFields = quoted.length === 0 ? [] : splitFrames(quoted, join(quoted), quotedSplit)
    let nextQuoted = 0
    const parsed: Array<Fields> = []
    let run: Array<Frame> = []
    const endRun = () => {
      if (run.length > 0) for (const fields of splitFrames(run, span(run), plainSplit)) parsed.push(fields)
      run = []
    }
    for (const frame of frames) {
      if (frame.problem === undefined && !frame.isQuoted) run.push(frame)
      else {
        endRun()
        parsed.push(frame.problem === undefined ? quotedFields[nextQuoted++]! : { problem: frame.problem })
      }
    }
    endRun()
    return parsed
  }
}
