// Why the records of a file cannot be read: its header is missing, or does not fit the mapping.

import { Runtime, Schema } from "effect"

/** The bytes have no header that fits the mapping: none of their records can be read. */
export class HeaderError extends Schema.TaggedError<HeaderError>()("HeaderError", {
  /**
   * `empty`: there is no text at all. `foreignFormat`: the bytes are not CSV in UTF-8. `malformed`: the header's line is
   * no record. `noHeader`: a record is in its place. `misfit`: headers of the mapping are missing, or appear twice.
   */
  reason: Schema.Literals(["empty", "foreignFormat", "malformed", "noHeader", "misfit"]),
  /** What is wrong and what to do, for a person. Never shows the values of a record. */
  message: Schema.String,
  /** Of `foreignFormat`: what the bytes are. */
  format: Schema.optionalKey(Schema.Literals(["UTF-32", "UTF-16", "zip", "excel", "gzip", "compressed", "binary"])),
  /** Of `misfit`: the mapping's headers that are missing, and those that appear twice. */
  missing: Schema.Array(Schema.String),
  repeated: Schema.Array(Schema.String),
  /** Of `misfit`: the header's names, unless they may be a record's values, or are hidden. */
  names: Schema.Array(Schema.String),
  /** Of `misfit`: the delimiter that the header seems to have instead. */
  delimiter: Schema.optionalKey(Schema.String),
}) {
  override readonly [Runtime.errorExitCode] = 5
}

/** An error that concerns no names. */
export const headerError = (
  reason: HeaderError["reason"],
  message: string,
  format?: HeaderError["format"],
): HeaderError => new HeaderError({ reason, message, ...(format && { format }), missing: [], repeated: [], names: [] })
