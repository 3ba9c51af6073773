import { Schema } from "effect"

/** Why a record could not be loaded; `column` is the `users` column at fault, null when it is the record as a whole. */
export const Reason = Schema.Struct({ column: Schema.NullOr(Schema.String), message: Schema.String })
export type Reason = typeof Reason.Type

/** A reason as people read it: the column at fault, and what is wrong with it. */
export const describeReason = ({ column, message }: Reason): string =>
  column === null ? message : `${column} ${message}`

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
