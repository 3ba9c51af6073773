// How the bytes of a file become records, and these values: decided once for each load, from its beginning, and kept with it.

import { Effect, Schema, Struct } from "effect"
import { formatNumber } from "../text/format.ts"
import { encodings } from "./encoding.ts"
import { type FieldColumn, fieldColumns } from "./fileColumns.ts"
import type { FormatOptions } from "./FormatOptions.ts"
import { defaultWidths } from "./Widths.ts"

/** A key that loads of earlier versions lack: they go on as they began. */
const since = <S extends Schema.Constraint>(schema: S, earlier: S["Encoded"]) =>
  Schema.withDecodingDefaultKey<S>(Effect.succeed(earlier))(schema)

/** How loads of earlier versions read values. */
const earlierWidths = { ...defaultWidths, gender: 16, password: 64 }
const earlierMonthFirst: ReadonlyArray<FieldColumn> = ["created_at", "updated_at"]

/** How a load reads its file. */
export const Format = Schema.Struct({
  /** One character. */
  delimiter: Schema.String,
  /** The physical line on which the header begins, from 1; where the file has none, its records. */
  headerLine: Schema.Int,
  encoding: since(Schema.Literals(encodings), "utf-8"),
  /** Whether the file begins with one, which decides the encoding. */
  byteOrderMark: since(Schema.Boolean, false),
  /** One character; null: none. */
  quote: since(Schema.NullOr(Schema.String), '"'),
  escape: since(Schema.Literals(["doubled", "backslash"]), "doubled"),
  /** What lines end with; null: any of these. */
  lineEnd: since(Schema.NullOr(Schema.Literals(["LF", "CRLF", "CR"])), null),
  /** The names that were given for a file without a header. */
  header: since(Schema.NullOr(Schema.Array(Schema.String)), null),
  /** The lines that were given. Null: the header was searched for. */
  skipLines: since(Schema.NullOr(Schema.Int), null),
  comment: since(Schema.NullOr(Schema.String), null),
  shortRows: since(Schema.Literals(["reject", "null"]), "reject"),
  trim: since(Schema.Boolean, false),
  quotedLines: since(Schema.Literals(["reject", "keep"]), "keep"),
  /** Words, exact, that are null in every column but e-mail. */
  nullWords: since(Schema.Array(Schema.String), []),
  /** What becomes of a value that cannot be used: its record is rejected, or it is null. */
  badValues: since(Schema.Literals(["reject", "null"]), "reject"),
  /** The columns in which `A/B/YYYY` is month and day, as the sample shows; in the others nothing shows which it is. */
  monthFirst: since(Schema.Array(Schema.Literals(fieldColumns)), earlierMonthFirst),
  /** The most characters of the columns of text; null: any number. */
  widths: since(Schema.Record(Schema.String, Schema.NullOr(Schema.Int)), earlierWidths),
  /** The keys of the options that were given, also where they say what is usual. */
  given: since(Schema.Array(Schema.String), []),
  /** `\N` is text, a row of delimiters is a record: an earlier version began the load, or a program writes the file. */
  isExact: since(Schema.Boolean, true),
})
export type Format = typeof Format.Type

/** What the options say of values, as a format keeps it. */
export const valuesSaidBy = ({ nullWords = [], onBadValue = "reject" }: FormatOptions) => ({
  nullWords,
  badValues: onBadValue,
})

/** What the options say, as a format keeps it; what they leave to each file is missing. */
const saidBy = (options: FormatOptions) => ({
  quote: options.quote === undefined ? '"' : options.quote,
  escape: options.escape ?? "doubled",
  header: options.header ?? null,
  comment: options.comment ?? null,
  shortRows: options.shortRows ?? "reject",
  trim: options.trim ?? true,
  quotedLines: options.quotedLines ?? "reject",
  ...valuesSaidBy(options),
})

/** Of a file in UTF-8 with commas, LF and nothing before its header, but for what the options say. */
export const formatBy = (options: FormatOptions): Format => ({
  delimiter: options.delimiter ?? ",",
  headerLine: 1,
  encoding: options.encoding ?? "utf-8",
  byteOrderMark: false,
  lineEnd: "LF",
  skipLines: options.skipLines ?? null,
  monthFirst: [],
  widths: defaultWidths,
  given: Struct.keys(options).toSorted(),
  isExact: false,
  ...saidBy(options),
})

export const plainFormat = formatBy({})

/** Of records that a program writes. */
export const exactFormat = (delimiter = ","): Format => ({
  ...formatBy({ delimiter, trim: false, quotedLines: "keep" }),
  lineEnd: null,
  given: [],
  isExact: true,
})

/** Of a load that an earlier version began, which kept none. */
export const earlierFormat = (delimiter = ","): Format => ({
  ...exactFormat(delimiter),
  monthFirst: earlierMonthFirst,
  widths: earlierWidths,
})

/** What a run says of the format of its files, by the keys of `Format`. */
export type GivenFormat = Partial<Format>

/** What `options` say: a load that began otherwise is refused. */
export const givenFormat = (options: FormatOptions): GivenFormat => ({
  ...saidBy(options),
  ...(options.encoding !== undefined && { encoding: options.encoding }),
  ...(options.delimiter !== undefined && { delimiter: options.delimiter }),
  ...(options.skipLines !== undefined && { skipLines: options.skipLines }),
})

const named: Readonly<Record<string, string>> = { "\t": "tab", " ": "space" }

const shown = (character: string): string =>
  named[character] ??
  (character > "\x20" && character < "\x7f"
    ? `'${character}'`
    : `'\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}'`)

/** What differs from a plain file, such as "';', header on line 4"; undefined: nothing. */
export const describeFormat = (format: Format): string | undefined => {
  const { comment, delimiter, encoding, escape, header, headerLine, lineEnd, quote } = format
  const parts = [
    delimiter === "," ? [] : shown(delimiter),
    encoding === "utf-8" ? [] : `${encoding}${format.byteOrderMark ? "" : " (given)"}`,
    quote === '"' ? [] : quote === null ? "no quotes" : `quote ${shown(quote)}`,
    escape === "backslash" ? "backslash escapes" : [],
    lineEnd === "CR" ? "lines end with CR" : [],
    comment === null ? [] : `comments begin with ${comment}`,
    header === null
      ? headerLine === 1
        ? []
        : `header on line ${formatNumber(headerLine)}`
      : `no header, records from line ${formatNumber(headerLine)}`,
    format.shortRows === "null" ? "missing fields are null" : [],
    format.trim || format.isExact ? [] : "blanks kept",
    format.quotedLines === "keep" && !format.isExact ? "lines in quotes kept" : [],
    format.isExact || format.monthFirst.length === 0 ? [] : `${format.monthFirst.join(", ")}: month/day/year`,
    format.nullWords.length === 0 ? [] : `null: ${format.nullWords.map((word) => JSON.stringify(word)).join(" ")}`,
    format.badValues === "null" ? "bad values are null" : [],
  ].flat()
  return parts.length === 0 ? undefined : parts.join(", ")
}
