import { Schema } from "effect"

/** Why a record could not be loaded. */
export const Reason = Schema.Struct({
  /** The `users` column at fault, null when it is the record as a whole. */
  column: Schema.NullOr(Schema.String),
  message: Schema.String,
  /** What somebody's constraint or trigger said. It may quote any value, passwords too: not for a log. */
  detail: Schema.optionalKey(Schema.String),
})
export type Reason = typeof Reason.Type

/** A reason as a log may have it: the column at fault, and what is wrong with it. */
export const describeReason = ({ column, message }: Reason): string =>
  column === null ? message : `${column} ${message}`

/** A reason in full, for those who ask for rejects. */
export const describeInFull = (reason: Reason): string =>
  reason.detail === undefined ? describeReason(reason) : `${describeReason(reason)}: ${reason.detail}`

/** A record that could not be loaded. */
export interface Reject {
  /** Where the record begins in its file's (inflated) bytes. */
  readonly byteOffset: number
  /** The physical line on which it begins; the header's is usually 1. */
  readonly line: number
  /** The record as it stands in the file, without its line end, cut where it was too long to keep. */
  readonly raw: Uint8Array
  /** How many bytes the record has in the file. */
  readonly length: number
  readonly reasons: ReadonlyArray<Reason>
}
