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

/** Splits the framed records of a batch into their fields, whole blocks at once. Frames that have a problem keep it. */
export const makeFieldParser = (delimiter: string) => {
  const options: Options = {
    delimiter,
    record_delimiter: ["\r\n", "\n", "\r"],
    // The framing has counted the fields already, and csv-parse would give up the block at the first blank line.
    relax_column_count: true,
    skip_empty_lines: true,
  }
  const parseBytes = (bytes: Uint8Array): ReadonlyArray<ReadonlyArray<string>> | { readonly problem: string } => {
    if (!isUtf8(bytes)) return { problem: "not valid UTF-8" }
    try {
      return parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), options)
    } catch (error) {
      return { problem: error instanceof Error ? error.message : String(error) }
    }
  }

  const parseOne = (frame: Frame): Fields => {
    const records = parseBytes(frame.raw)
    return "problem" in records ? records : records[0]!
  }

  const parseRun = (run: ReadonlyArray<Frame>): ReadonlyArray<Fields> => {
    const records = parseBytes(span(run))
    // Were csv-parse not of the framing's mind, no record may take the place of another.
    return "problem" in records || records.length !== run.length ? run.map(parseOne) : records
  }

  return (frames: ReadonlyArray<Frame>): ReadonlyArray<Fields> => {
    const parsed: Array<Fields> = []
    let run: Array<Frame> = []
    const endRun = () => {
      if (run.length > 0) for (const fields of parseRun(run)) parsed.push(fields)
      run = []
    }
    for (const frame of frames) {
      if (frame.problem === undefined) run.push(frame)
      else {
        endRun()
        parsed.push({ problem: frame.problem })
      }
    }
    endRun()
    return parsed
  }
}
