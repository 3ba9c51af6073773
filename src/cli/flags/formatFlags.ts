// The flags that say how the bytes of files become records, and these values.

import { Option } from "effect"
import { type Command, Flag } from "effect/cli"
import { isDelimiter } from "../../domain/delimiter.ts"
import { encodingOf, encodingProblem } from "../../domain/encoding.ts"
import { conflictIn, type FormatOptions, isComment, isQuote, mostSkippedLines } from "../../domain/FormatOptions.ts"
import { check, nameOf } from "../usage/CommandUsage.ts"
import { type FlagGroup, optional, repeatable } from "./documented.ts"
import { formatNames, parseNames } from "./headerNames.ts"

const auto = "auto"
const none = "none"

/** A flag with the value `auto`, its default, which leaves it to each file. */
const found = <A>(
  name: string,
  metavar: string,
  parse: (text: string) => A | undefined,
  expected: (text: string) => string,
) =>
  Flag.String(name).pipe(
    Flag.filterMap((text) => {
      const value = text === auto ? undefined : parse(text)
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

/** Each may be left out: the mapping may say it, and the default is what neither says. */
export const formatFlags = {
  encoding: optional(
    found("encoding", "NAME", encodingOf, encodingProblem),
    "Encoding of files without a byte order mark, such as windows-1252; auto: UTF-8",
    { unset: auto },
  ),
  delimiter: optional(
    found(
      "delimiter",
      "CHARACTER",
      parseDelimiter,
      () => "one ASCII character such as ; or |, but not a double quote; \\t is a tab, \\x1f another control character",
    ),
    "Character between fields, ASCII; \\t is a tab; auto: that of a line sep=, else the first of , ; tab | that fits",
    { unset: auto },
  ),
  quote: optional(
    Flag.String("quote").pipe(
      Flag.filter(
        (text) => text === none || isQuote(text),
        () => "none, or one ASCII character that is no letter, digit or blank",
      ),
      Flag.withMetavar("CHARACTER|none"),
    ),
    "Character around fields; none: quotes are text",
    { unset: '"' },
  ),
  escape: optional(
    oneOf("escape", ["doubled", "backslash"]),
    "A quote in a quoted field is doubled; or a backslash makes the next character text, as MySQL and Redshift write",
    { unset: "doubled" },
  ),
  header: optional(
    found("header", "NAMES", parseNames, () => "names as the mapping has them, with commas between"),
    "Names of the fields, with commas between, for files without a header; one with a comma in double quotes; auto: the file's header",
    { unset: auto },
  ),
  skipLines: optional(
    found("skip-lines", "N", parseLines, () => `a whole number from 0 to ${mostSkippedLines}`),
    "Lines before the header; auto: those before the first that fits the mapping, 100 at most",
    { unset: auto },
  ),
  comment: optional(
    Flag.String("comment").pipe(
      Flag.filter(
        (text) => text === none || isComment(text),
        () => "none, or 1 to 16 printable ASCII characters such as #, first no double quote",
      ),
      Flag.withMetavar("TEXT|none"),
    ),
    "Lines that begin with it are no records; none: there are no such lines",
    { unset: none },
  ),
  shortRows: optional(
    oneOf("short-rows", ["reject", "null"]),
    "Records that lack fields at their end: rejected, or those fields are null",
    { unset: "reject" },
  ),
  trim: optional(
    oneOf("trim", ["on", "off"]),
    "Blanks around unquoted fields, and between a delimiter and a quote, are no text",
    { unset: "on" },
  ),
  quotedLines: optional(
    oneOf("quoted-lines", ["reject", "keep"]),
    "A quoted field over lines of which one looks like a record: its record is rejected, or kept",
    { unset: "reject" },
  ),
  null: repeatable(
    Flag.String("null").pipe(Flag.withMetavar("WORD")),
    "Word that is null in every column but email, exact; '': no word; columns that are no text know the usual ones",
    none,
  ),
  onBadValue: optional(
    oneOf("on-bad-value", ["reject", "null"]),
    "A value that cannot be used: its record is rejected, or it is null, which replaces what is stored; not of email and updated_at, which reject",
    { unset: "reject" },
  ),
}
export type FormatFlags = Command.Command.Config.Infer<typeof formatFlags>

export const formatGroup: FlagGroup = { title: "Format of files", flags: formatFlags }

type Said<Key extends keyof FormatOptions> = Pick<FormatOptions, Key> | {}

/** `auto` is said too: it is undefined, but there. */
const said = <Key extends keyof FormatOptions>(key: Key, flag: Option.Option<FormatOptions[Key]>): Said<Key> =>
  Option.match(flag, { onNone: () => ({}), onSome: (value) => ({ [key]: value }) })

/** The flags that can contradict each other. */
const markFlags = ["delimiter", "quote", "escape", "comment"] as const
type MarkFlags = Pick<FormatFlags, (typeof markFlags)[number]>

const orNull = (text: string): string | null => (text === none ? null : text)

const saidOfMarks = (flags: MarkFlags): FormatOptions => ({
  ...said("delimiter", flags.delimiter),
  ...said("quote", Option.map(flags.quote, orNull)),
  ...said("escape", flags.escape),
  ...said("comment", Option.map(flags.comment, orNull)),
})

const saidBy = (flags: FormatFlags): FormatOptions => ({
  ...saidOfMarks(flags),
  ...said("encoding", flags.encoding),
  ...said("header", flags.header),
  ...said("skipLines", flags.skipLines),
  ...said("shortRows", flags.shortRows),
  ...said(
    "trim",
    Option.map(flags.trim, (trim) => trim === "on"),
  ),
  ...said("quotedLines", flags.quotedLines),
  ...(flags.null.length === 0 ? {} : { nullWords: flags.null.filter((word) => word !== "") }),
  ...said("onBadValue", flags.onBadValue),
})

/** As options of the pipeline: what the flags say, and for the rest what the mapping says. */
export const formatOf = (flags: FormatFlags, inMapping: FormatOptions): FormatOptions => ({
  ...inMapping,
  ...saidBy(flags),
})

/** `skip-lines` of `skipLines`. */
export const flagNameOf = (key: string): string => (key === "nullWords" ? "null" : nameOf(key))

/** How the flags contradict each other, or the mapping at that path; undefined: they do not. */
export const contradiction = (flags: MarkFlags, inMapping: FormatOptions = {}, mapping = ""): string | undefined => {
  const ofFlags = saidOfMarks(flags)
  const conflict = conflictIn({ ...inMapping, ...ofFlags })
  if (conflict === undefined) return undefined
  const named = conflict.keys.map((key) => (key in ofFlags ? `--${flagNameOf(key)}` : `${key} in ${mapping}`))
  return `${named.join(" and ")} contradict each other: ${conflict.why}`
}

/** Of the flags alone: before the mapping is read. */
export const formatChecks = [check<FormatFlags>()(markFlags, (flags) => contradiction(flags))]

/** What is shown of a format. */
export const shownFormat = (format: FormatOptions): Readonly<Record<keyof FormatOptions, string>> => ({
  encoding: format.encoding ?? auto,
  delimiter: format.delimiter === undefined ? auto : JSON.stringify(format.delimiter),
  quote: format.quote === null ? none : JSON.stringify(format.quote ?? '"'),
  escape: format.escape ?? "doubled",
  header: format.header === undefined ? auto : formatNames(format.header),
  skipLines: format.skipLines === undefined ? auto : String(format.skipLines),
  comment: format.comment ?? none,
  shortRows: format.shortRows ?? "reject",
  trim: (format.trim ?? true) ? "on" : "off",
  quotedLines: format.quotedLines ?? "reject",
  nullWords: (format.nullWords ?? []).map((word) => JSON.stringify(word)).join(" ") || none,
  onBadValue: format.onBadValue ?? "reject",
})
