// Inspects one CSV file: its format, its fields, and the mapping that loads it.

import { Effect, Schema, type Stream } from "effect"
import { type ColumnMapping, isColumnMapping } from "../domain/ColumnMapping.ts"
import { FormatOptions } from "../domain/FormatOptions.ts"
import type { HeaderError } from "./HeaderError.ts"
import { inspectSample } from "./inspect/inspectSample.ts"
import type { Inspection } from "./inspect/findings.ts"
import { readBeginning } from "./Sample.ts"

export type * from "./inspect/findings.ts"

export interface InspectOptions {
  /** To check: which header of the file fills which column. Default: one is proposed. */
  readonly mapping?: ColumnMapping | undefined
  /** What is known of the file's format. Default: nothing. */
  readonly format?: FormatOptions | undefined
  /** The most bytes of a record. Default: 1 MiB. */
  readonly maxRecordSize?: number | undefined
}

/**
 * Inspects the bytes of one CSV file (decompressed): the first 8 MiB, from which a load decides its format too. Reports how
 * it is read and what proves that, what each field holds, which mapping loads it, and which of its records would be
 * rejected. Without a mapping the header is found by the e-mails of the records.
 *
 * Fails with a `HeaderError`: `empty` and `foreignFormat` where the bytes have no text or are no CSV, `encoding` where no
 * header can be read before the encoding is named, `malformed` where no line can be a header, `misfit` where given names
 * do not fit the records; with a mapping also for every other reason for which a load fails before its first record:
 * `misfit`, `noHeader`, `escape`, `dates`. Throws where an option is not valid.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Inspection } from "user-activity-etl"
 *
 * const bytes = Stream.succeed(new TextEncoder().encode("Mail;Joined\nada@example.com;31.12.2024\n"))
 * const mapping = bytes.pipe(
 *   Inspection.inspect(),
 *   Effect.map(({ mapping }) => mapping.object), // { columns: { Mail: "email", Joined: "created_at" } }
 * )
 * ```
 */
export const inspect = ({ format = {}, mapping, maxRecordSize = 1_048_576 }: InspectOptions = {}) => {
  if (mapping !== undefined && !isColumnMapping(mapping))
    throw new TypeError("mapping must be made by ColumnMapping.make or MappingFile.parse.")
  Schema.decodeUnknownSync(FormatOptions)(format)
  if (!Number.isSafeInteger(maxRecordSize) || maxRecordSize < 1) {
    throw new RangeError("maxRecordSize must be a positive integer.")
  }
  return <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Effect.Effect<Inspection, E | HeaderError, R> =>
    Effect.flatMap(readBeginning(maxRecordSize)(bytes), (beginning) =>
      Effect.fromResult(inspectSample(beginning, { mapping, format, maxRecordSize })),
    )
}
