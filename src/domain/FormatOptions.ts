// What a person says of the format of files; what is not said is found in each file.

import { Schema, Struct } from "effect"
import { delimiterPattern } from "./delimiter.ts"
import { encodings } from "./encoding.ts"

const quotePattern = /^[\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]$/

/** One ASCII character that can stand around fields. */
export const isQuote = (text: string): boolean => quotePattern.test(text)

const commentPattern = /^[\x21\x23-\x7e][\x20-\x7e]{0,15}$/

/** What comments can begin with. */
export const isComment = (text: string): boolean => commentPattern.test(text)

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

const matching = (pattern: RegExp, expected: string) =>
  Schema.String.check(Schema.isPattern(pattern, { expected, toJsonSchema: () => ({ pattern: pattern.source }) }))

const oneDelimiter = "one ASCII character, no double quote and no line end"
const oneQuote = "one ASCII character that is no letter, digit or blank"
const oneComment = "1 to 16 printable ASCII characters, first no double quote"

/** For people who write it: what it is, and what it takes. */
const said = (is: string, expected: string) => ({ description: `${is}. It takes ${expected}.`, expected })

/** What can be said, by its key. */
export const formatFields = {
  /** Default: that of the byte order mark, else UTF-8. A byte order mark decides where there is one. */
  encoding: Schema.Literals(encodings).annotate(
    said("Encoding of files without a byte order mark", "the name of an encoding, such as windows-1252"),
  ),
  /**
   * Between fields: one ASCII character, no double quote. Default: that of a line `sep=;`, else the first of comma,
   * semicolon, tab and bar under which a line has all headers of the mapping.
   */
  delimiter: matching(delimiterPattern, oneDelimiter).annotate(said("Character between fields", oneDelimiter)),
  /** Around fields: one ASCII character; null: none, quotes are text. Default: the double quote. */
  quote: Schema.NullOr(matching(quotePattern, oneQuote)).annotate(
    said("Character around fields", `${oneQuote}; or null: quotes are text`),
  ),
  /**
   * `doubled`: two quotes in a quoted field are one of its text. `backslash`: a backslash makes the next character
   * text, or names one (n t r b 0 Z). Default: `doubled`.
   */
  escape: Schema.Literals(["doubled", "backslash"]).annotate(
    said("How a quote stands in a quoted field", '"doubled" or "backslash"'),
  ),
  /** The names of the fields, for files without a header. Default: the file's header. */
  header: Schema.Array(Schema.String)
    .check(Schema.isMinLength(1))
    .annotate(said("Names of the fields, for files without a header", "a list of names")),
  /** Lines before the header, or before the first record. Default: those before the first line that fits the mapping. */
  skipLines: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: mostSkippedLines })).annotate(
    said("Lines before the header", `a whole number from 0 to ${mostSkippedLines}`),
  ),
  /** Lines that begin with it are no records; null: there are none. Default: null. */
  comment: Schema.NullOr(matching(commentPattern, oneComment)).annotate(
    said("What lines begin with that are no records", `${oneComment}; or null: there are none`),
  ),
  /** What becomes of records that lack fields at their end: they are rejected, or those fields are null. */
  shortRows: Schema.Literals(["reject", "null"]).annotate(
    said("Records that lack fields at their end", '"reject", or "null": those fields are null'),
  ),
  /** Whether blanks around fields are no text. Default: true. */
  trim: Schema.Boolean.annotate(said("Whether blanks around fields are no text", "true or false")),
  /**
   * What becomes of a quoted field over several lines of which one looks like a record: its record is rejected, or kept
   * as it is. Default: `reject`.
   */
  quotedLines: Schema.Literals(["reject", "keep"]).annotate(
    said("A quoted field over lines of which one looks like a record", '"reject" or "keep"'),
  ),
  /** Words that are null in every column but `email`, exact. Default: none; those of columns that are no text are known. */
  nullWords: Schema.Array(Schema.String).annotate(
    said("Words that are null in every column but email, exact", "a list of words"),
  ),
  /**
   * What becomes of a value that cannot be used: its record is rejected, or it is null, which replaces what is stored.
   * Not of `email` and `updated_at`: these reject their record. Default: `reject`.
   */
  onBadValue: Schema.Literals(["reject", "null"]).annotate(
    said("A value that cannot be used", '"reject", or "null": it is null'),
  ),
}

/** What an option takes, in words. */
export const expectedOf = (key: keyof typeof formatFields): string =>
  Schema.resolveAnnotations(formatFields[key])!.expected!

const Options = Schema.Struct(formatFields).mapFields(Struct.map(Schema.optional))
type Options = typeof Options.Type

/** No two options contradict each other. */
export const hasNoConflict = Schema.makeFilter((options: Options) => conflictIn(options)?.why ?? true, {
  toJsonSchema: () => [{}, true],
})

export const FormatOptions = Options.check(hasNoConflict)
export type FormatOptions = typeof FormatOptions.Type
