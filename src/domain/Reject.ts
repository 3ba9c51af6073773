// A record that could not be loaded, and why.

import { Schema } from "effect"

export const Reason = Schema.Struct({
  /** The column of `users` at fault; null: the record as a whole. */
  column: Schema.NullOr(Schema.String),
  message: Schema.String,
  /** The text at fault, cut to 40 characters, with control characters escaped; never of a secret. Not for a log. */
  value: Schema.optionalKey(Schema.String),
  /**
   * The message of a constraint or trigger, or the field or sizes of `extra`. It may quote any value, passwords too: not
   * for a log.
   */
  detail: Schema.optionalKey(Schema.String),
})
export interface Reason extends Schema.Schema.Type<typeof Reason> {}

/** A reason for the log: the column at fault, and what is wrong with it. */
export const describeReason = ({ column, message }: Reason): string =>
  column === null ? message : `${column} ${message}`

/** A reason in full, which may quote values: for lists of rejects, not for the log. */
export const describeInFull = ({ column, detail, message, value }: Reason): string => {
  const words = [...(column === null ? [] : [column]), ...(value === undefined ? [] : [`"${value}"`]), message]
  return detail === undefined ? words.join(" ") : `${words.join(" ")}: ${detail}`
}

/** The reject of a record that is there in full. */
export const toReject = (
  { byteOffset, line, raw }: Pick<Reject, "byteOffset" | "line" | "raw">,
  reasons: ReadonlyArray<Reason>,
): Reject => ({ byteOffset, line, raw, length: raw.length, reasons })

export interface Reject {
  /** Where the record starts in its file's (inflated) bytes. */
  readonly byteOffset: number
  /** The physical line on which it starts; the header's is usually 1. */
  readonly line: number
  /** The record as in the file, without its line end; cut where it is too long to keep. */
  readonly raw: Uint8Array
  /** The record's full length in bytes. */
  readonly length: number
  readonly reasons: ReadonlyArray<Reason>
}
