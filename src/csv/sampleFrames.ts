// The frames of the records in the beginning of a file.

import { Iterable } from "effect"
import type { Format } from "../domain/Format.ts"
import type { Frame } from "./frame.ts"
import { Framer } from "./Framer.ts"
import { framerAfter, type RecordsAt } from "./header.ts"
import { type Fields, makeFieldParser } from "./fields.ts"
import type { Beginning } from "./Sample.ts"

/** The frames of the records after the header, in batches. A record that the sample cuts off is none. */
export const batchesOf = function* (
  { bytes, isWhole }: Beginning,
  header: RecordsAt,
  maxRecordSize: number,
): Generator<ReadonlyArray<Frame>> {
  const framer = framerAfter(header, header.end, maxRecordSize)
  yield* framer.push(bytes.subarray(header.end.byteOffset))
  if (isWhole) yield* framer.finish()
}

/** The same, one by one. */
export const framesOf = (...sample: Parameters<typeof batchesOf>): Iterable<Frame> =>
  Iterable.flatten<Frame>(batchesOf(...sample))

/** In which the first records are. */
const mostBytes = 1024 * 1024

/** The fields of the first records from a byte on, whatever their number. */
export const firstRecords = (
  { bytes, isWhole }: Beginning,
  format: Format,
  { byteOffset: offset, line }: RecordsAt["end"],
  maxRecordSize: number,
  count: number,
): ReadonlyArray<Fields> => {
  const framer = new Framer({ format, maxRecordSize, offset, line, fields: undefined })
  const batches = function* (): Generator<ReadonlyArray<Frame>> {
    yield* framer.push(bytes.subarray(offset, offset + mostBytes))
    if (isWhole && bytes.length - offset <= mostBytes) yield* framer.finish()
  }
  const frames: Iterable<Frame> = Iterable.flatten(batches())
  return makeFieldParser(format)([...Iterable.take(frames, count)])
}
