// Why the records of a file cannot be read: its bytes are no text in a known format, or its header does not fit.

import { Runtime, Schema } from "effect"

/** The bytes have no header that fits the mapping: none of their records can be read. */
export class HeaderError extends Schema.TaggedError<HeaderError>()("HeaderError", {
  /**
   * `empty`: there is no text at all. `foreignFormat`: the bytes are not CSV. `encoding`: they are not UTF-8, and nothing
   * shows what they are. `escape`: records are malformed by backslashes that may be escapes. `malformed`: the header's
   * line is no record. `noHeader`: a record is in its place. `misfit`: headers of the mapping are missing, or appear
   * twice. `dates`: days have an order that nothing decides, or one that the mapping must name. `otherHeader`: a record is
   * another header.
   */
  reason: Schema.Literals([
    "empty",
    "foreignFormat",
    "encoding",
    "escape",
    "malformed",
    "noHeader",
    "misfit",
    "dates",
    "otherHeader",
  ]),
  /** What is wrong and what to do, for a person. Never shows the values of a record. */
  message: Schema.String,
  /** Values of the file that show it, for a terminal, not for a log: at most 40 characters, no e-mail or password. */
  shown: Schema.optionalKey(Schema.Redacted(Schema.String)),
  /** Of `foreignFormat`: what the bytes are. */
  format: Schema.optionalKey(Schema.Literals(["UTF-32", "UTF-16", "zip", "excel", "gzip", "compressed", "binary"])),
  /** Of `misfit`: the mapping's headers that are missing, and those that appear twice or fill one column together. */
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
  more: Partial<Pick<HeaderError, "format" | "shown">> = {},
): HeaderError => new HeaderError({ reason, message, ...more, missing: [], repeated: [], names: [] })
