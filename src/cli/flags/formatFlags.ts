// The flags that say how the bytes of files become records, and these values.

import { Option } from "effect"
import { type Command, Flag } from "effect/cli"
import { isDelimiter } from "../../domain/delimiter.ts"
import { encodingOf, encodingProblem } from "../../domain/encoding.ts"
import { conflictIn, type FormatOptions, isComment, isQuote, mostSkippedLines } from "../../domain/FormatOptions.ts"
import { check } from "../usage/CommandUsage.ts"
import { type FlagGroup, optional, repeatable, withDefault } from "./documented.ts"

const auto = "auto"

/** A flag with the value `auto`, its default, which leaves it to each file. */
const found = <A>(
  name: string,
  metavar: string,
  parse: (text: string) => A | undefined,
  expected: (text: string) => string,
) =>
  Flag.String(name).pipe(
    Flag.filterMap((text) => {
      const value = parse(text)
      return text === auto || value !== undefined ? Option.some(value) : Option.none()
    }, expected),
    Flag.withMetavar(metavar),
  )

const named: Readonly<Record<string, string>> = { "\\t": "\t" }

/** A character, which may be written as `\t` or `\x1f`. */
const characterOf = (text: string): string => {
  const [, code] = /^\\x([0-9a-f]{2})$/i.exec(text) ?? []
  return code === undefined ? (named[text] ?? text) : String.fromCharCode(Number.parseInt(code, 16))
}

const parseDelimiter = (text: string): string | undefined => {
  const character = characterOf(text)
  return isDelimiter(character) ? character : undefined
}

const parseLines = (text: string): number | undefined => {
  const lines = /^\d{1,7}$/.test(text) ? Number(text) : Infinity
  return lines <= mostSkippedLines ? lines : undefined
}

/** A flag with one of these values. */
const oneOf = <const Values extends ReadonlyArray<string>>(name: string, values: Values) =>
  Flag.Literals(name, values).pipe(Flag.withMetavar("WORD"))

export const formatFlags = {
  encoding: withDefault(
    found("encoding", "NAME", encodingOf, encodingProblem),
    undefined,
    "Encoding of files without a byte order mark, such as windows-1252; auto: UTF-8",
    () => auto,
  ),
  delimiter: withDefault(
    found(
      "delimiter",
      "CHARACTER",
      parseDelimiter,
      () => "one ASCII character such as ; or |, but not a double quote; \\t is a tab, \\x1f another control character",
    ),
    undefined,
    "Character between fields, ASCII; \\t is a tab; auto: that of a line sep=, else the first of , ; tab | that fits",
    () => auto,
  ),
  quote: withDefault(
    Flag.String("quote").pipe(
      Flag.filter(
        (text) => text === "none" || isQuote(text),
        () => "none, or one ASCII character that is no letter, digit or blank",
      ),
      Flag.withMetavar("CHARACTER|none"),
    ),
    '"',
    "Character around fields; none: quotes are text",
  ),
  escape: optional(
    oneOf("escape", ["doubled", "backslash"]),
    "A quote in a quoted field is doubled; or a backslash makes the next character text, as MySQL and Redshift write",
    { unset: "doubled" },
  ),
  header: optional(
    Flag.String("header").pipe(
      Flag.filter(
        (text) => text.trim() !== "",
        () => "names as the mapping has them, with commas between",
      ),
      Flag.map((text) => text.split(",").map((name) => name.trim())),
      Flag.withMetavar("NAMES"),
    ),
    "Names of the fields, with commas between, for files without a header",
    { unset: "the file's" },
  ),
  skipLines: withDefault(
    found("skip-lines", "N", parseLines, () => `a whole number from 0 to ${mostSkippedLines}`),
    undefined,
    "Lines before the header; auto: those before the first that fits the mapping, 100 at most",
    () => auto,
  ),
  comment: optional(
    Flag.String("comment").pipe(
      Flag.filter(isComment, () => "1 to 16 printable ASCII characters such as #, first no double quote"),
      Flag.withMetavar("TEXT"),
    ),
    "Lines that begin with it are no records",
    { unset: "none" },
  ),
  shortRows: withDefault(
    oneOf("short-rows", ["reject", "null"]),
    "reject",
    "Records that lack fields at their end: rejected, or those fields are null",
  ),
  trim: withDefault(
    oneOf("trim", ["on", "off"]),
    "on",
    "Blanks around unquoted fields, and between a delimiter and a quote, are no text",
  ),
  quotedLines: withDefault(
    oneOf("quoted-lines", ["reject", "keep"]),
    "reject",
    "A quoted field over lines of which one looks like a record: its record is rejected, or kept",
  ),
  null: repeatable(
    Flag.String("null").pipe(
      Flag.filter(
        (text) => text !== "",
        () => "a word such as NULL: an empty field is null without one",
      ),
      Flag.withMetavar("WORD"),
    ),
    "Word that is null in every column but email, exact; columns that are no text know the usual ones",
    "none",
  ),
  onBadValue: withDefault(
    oneOf("on-bad-value", ["reject", "null"]),
    "reject",
    "A value that cannot be used: its record is rejected, or it is null, which replaces what is stored; not of email and updated_at, which reject",
  ),
}
export type FormatFlags = Command.Command.Config.Infer<typeof formatFlags>

export const formatGroup: FlagGroup = { title: "Format of files", flags: formatFlags }

/** The flags as options of the pipeline. */
export const formatOf = (flags: FormatFlags): FormatOptions => ({
  encoding: flags.encoding,
  delimiter: flags.delimiter,
  quote: flags.quote === "none" ? null : flags.quote,
  escape: Option.getOrUndefined(flags.escape),
  header: Option.getOrUndefined(flags.header),
  skipLines: flags.skipLines,
  comment: Option.getOrUndefined(flags.comment),
  shortRows: flags.shortRows,
  trim: flags.trim === "on",
  quotedLines: flags.quotedLines,
  nullWords: flags.null,
  onBadValue: flags.onBadValue,
})

export const formatChecks = [
  check<FormatFlags>()(["delimiter", "quote", "escape", "comment"], ({ comment, delimiter, escape, quote }) => {
    const conflict = conflictIn({
      delimiter,
      escape: Option.getOrUndefined(escape),
      quote: quote === "none" ? null : quote,
      comment: Option.getOrUndefined(comment),
    })
    return conflict && `--delimiter, --quote, --escape and --comment contradict each other: ${conflict}`
  }),
]

const shown = (character: string): string => (character === "none" ? character : JSON.stringify(character))

/** The flags by their names, as `etl check` shows them. */
export const shownFormat = (flags: FormatFlags): Readonly<Record<string, string>> => ({
  encoding: flags.encoding ?? auto,
  delimiter: flags.delimiter === undefined ? auto : JSON.stringify(flags.delimiter),
  quote: shown(flags.quote),
  escape: Option.getOrElse(flags.escape, () => "doubled"),
  header: Option.match(flags.header, { onNone: () => "the file's", onSome: (names) => names.join(",") }),
  "skip-lines": flags.skipLines === undefined ? auto : String(flags.skipLines),
  comment: Option.getOrElse(flags.comment, () => "none"),
  "short-rows": flags.shortRows,
  trim: flags.trim,
  "quoted-lines": flags.quotedLines,
  null: flags.null.length === 0 ? "none" : flags.null.map((word) => JSON.stringify(word)).join(" "),
  "on-bad-value": flags.onBadValue,
})
