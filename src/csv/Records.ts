// The records of one CSV file as a Stream: users and rejects, without a database, a source or a run.

import { Array, Result, Schema, Stream } from "effect"
import type { UserRecord } from "../domain/UserRecord.ts"
import { type ColumnMapping, isColumnMapping } from "../domain/ColumnMapping.ts"
import { FormatOptions } from "../domain/FormatOptions.ts"
import type { Reject } from "../domain/Reject.ts"
import type { User } from "../domain/User.ts"
import { decode, isReject, recordsInOrder } from "./decodeRecords.ts"
import { frame } from "./frameRecords.ts"
import type { HeaderError } from "./HeaderError.ts"

export { isReject } from "./decodeRecords.ts"

/** A record of a file: decoded, or rejected. Both have where it starts and its bytes. */
export type Decoded = UserRecord | Reject

export interface RecordsOptions {
  /** Which header of the file fills which column. */
  readonly mapping: ColumnMapping
  /** What is known of the file's format; the rest is found in its first 8 MiB. Default: nothing. */
  readonly format?: FormatOptions | undefined
  /** The most bytes of a record. A longer one is rejected, and no more of it is kept. Default: 1 MiB. */
  readonly maxRecordSize?: number | undefined
}

/**
 * The records of the bytes of one CSV file (decompressed), in the file's order: each exactly once,
 * as a `UserRecord` or as a `Reject` with every reason. A record never fails the stream: what fails it is a header that
 * is missing or does not fit the mapping (`HeaderError`), and the bytes themselves. It holds a few batches of records
 * at most, and reads on as they are pulled.
 *
 * `user` makes a Stream of users of it. Throws where an option is not valid.
 *
 * @example
 * ```ts
 * import { Stream } from "effect"
 * import { ColumnMapping, Records } from "user-activity-etl"
 *
 * const mapping = ColumnMapping.make({ Mail: "email", Name: "first_name" })
 * const bytes = Stream.succeed(new TextEncoder().encode("Mail,Name\nada@example.com,Ada\n"))
 * const users = bytes.pipe(Records.stream({ mapping }), Stream.filterMap(Records.user))
 * ```
 */
export const stream = ({ mapping, format = {}, maxRecordSize = 1_048_576 }: RecordsOptions) => {
  if (!isColumnMapping(mapping)) throw new TypeError("mapping must be made by ColumnMapping.make or MappingFile.parse.")
  Schema.decodeUnknownSync(FormatOptions)(format)
  if (!Number.isSafeInteger(maxRecordSize) || maxRecordSize < 1) {
    throw new RangeError("maxRecordSize must be a positive integer.")
  }
  return <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Decoded, E | HeaderError, R> =>
    bytes.pipe(
      frame({ mapping, format, maxRecordSize, resume: undefined }),
      decode,
      Stream.map(recordsInOrder),
      Stream.filter(Array.isReadonlyArrayNonEmpty),
      Stream.flattenArray,
    )
}

/**
 * The user of a record, or its reject: for `Stream.filterMap`, which leaves rejects out, and `Stream.partition`, which
 * separates the two.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Records } from "user-activity-etl"
 *
 * const separate = (records: Stream.Stream<Records.Decoded>) =>
 *   Effect.gen(function* () {
 *     const [users, rejects] = yield* Stream.partition(records, Records.user)
 *     return { users, rejects }
 *   })
 * ```
 */
export const user = (record: Decoded): Result.Result<User, Reject> =>
  isReject(record) ? Result.fail(record) : Result.succeed(record.user)
