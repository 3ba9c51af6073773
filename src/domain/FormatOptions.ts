// What a person says of the format of files; what is not said is found in each file.

import { Schema, Struct } from "effect"
import { delimiterPattern, isDelimiter } from "./delimiter.ts"
import { encodings } from "./encoding.ts"

const delimiter = Schema.String.check(
  Schema.makeFilter((text) => isDelimiter(text) || "Expected one ASCII character, not a double quote or a line end", {
    toJsonSchema: () => ({ pattern: delimiterPattern.source }),
  }),
)

const quotePattern = /^[\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]$/

/** One ASCII character that can stand around fields. */
export const isQuote = (text: string): boolean => quotePattern.test(text)

const quote = Schema.String.check(
  Schema.makeFilter((text) => isQuote(text) || "Expected one ASCII character that is no letter, digit or blank", {
    toJsonSchema: () => ({ pattern: quotePattern.source }),
  }),
)

const commentPattern = /^[\x21\x23-\x7e][\x20-\x7e]{0,15}$/

/** What comments can begin with. */
export const isComment = (text: string): boolean => commentPattern.test(text)

const comment = Schema.String.check(
  Schema.makeFilter((text) => isComment(text) || "Expected 1 to 16 printable ASCII characters, first no double quote", {
    toJsonSchema: () => ({ pattern: commentPattern.source }),
  }),
)

export const mostSkippedLines = 1_000_000

/** Two options that contradict each other, and why. */
export interface Conflict {
  readonly keys: readonly [keyof Options, keyof Options]
  readonly why: string
}

export const conflictIn = ({ comment, delimiter, escape, quote = '"' }: Options): Conflict | undefined => {
  if (delimiter !== undefined && delimiter === quote) {
    return { keys: ["delimiter", "quote"], why: "the delimiter is the quote." }
  }
  for (const key of ["delimiter", "quote"] as const) {
    if (escape === "backslash" && (key === "quote" ? quote : delimiter) === "\\") {
      return { keys: [key, "escape"], why: "the backslash is the escape character." }
    }
  }
  if (typeof comment === "string" && quote !== null && comment.startsWith(quote)) {
    return { keys: ["comment", "quote"], why: "comments begin with the quote." }
  }
  return undefined
}

/** What can be said, by its key. */
export const formatFields = {
  /** Default: that of the byte order mark, else UTF-8. A byte order mark decides where there is one. */
  encoding: Schema.Literals(encodings),
  /**
   * Between fields: one ASCII character, no double quote. Default: that of a line `sep=;`, else the first of comma,
   * semicolon, tab and bar under which a line has all headers of the mapping.
   */
  delimiter,
  /** Around fields: one ASCII character; null: none, quotes are text. Default: the double quote. */
  quote: Schema.NullOr(quote),
  /**
   * `doubled`: two quotes in a quoted field are one of its text. `backslash`: a backslash makes the next character
   * text, or names one (n t r b 0 Z). Default: `doubled`.
   */
  escape: Schema.Literals(["doubled", "backslash"]),
  /** The names of the fields, for files without a header. Default: the file's header. */
  header: Schema.Array(Schema.String).check(Schema.isMinLength(1)),
  /** Lines before the header, or before the first record. Default: those before the first line that fits the mapping. */
  skipLines: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: mostSkippedLines })),
  /** Lines that begin with it are no records; null: there are none. Default: null. */
  comment: Schema.NullOr(comment),
  /** What becomes of records that lack fields at their end: they are rejected, or those fields are null. */
  shortRows: Schema.Literals(["reject", "null"]),
  /** Whether blanks around fields are no text. Default: true. */
  trim: Schema.Boolean,
  /**
   * What becomes of a quoted field over several lines of which one looks like a record: its record is rejected, or kept
   * as it is. Default: `reject`.
   */
  quotedLines: Schema.Literals(["reject", "keep"]),
  /** Words that are null in every column but `email`, exact. Default: none; those of columns that are no text are known. */
  nullWords: Schema.Array(Schema.String),
  /**
   * What becomes of a value that cannot be used: its record is rejected, or it is null, which replaces what is stored.
   * Not of `email` and `updated_at`: these reject their record. Default: `reject`.
   */
  onBadValue: Schema.Literals(["reject", "null"]),
}

const Options = Schema.Struct(formatFields).mapFields(Struct.map(Schema.optional))
type Options = typeof Options.Type

/** No two options contradict each other. */
export const hasNoConflict = Schema.makeFilter((options: Options) => conflictIn(options)?.why ?? true, {
  toJsonSchema: () => [{}, true],
})

export const FormatOptions = Options.check(hasNoConflict)
export type FormatOptions = typeof FormatOptions.Type
