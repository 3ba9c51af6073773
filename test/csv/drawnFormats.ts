// Formats and bytes drawn for property tests, and what their bytes mean: by a grammar instead of a state machine.

import { Buffer } from "node:buffer"
import { Schema } from "effect"
import { type Format, plainFormat } from "../../src/domain/Format.ts"
import type { FieldCounts } from "../../src/csv/FieldCounts.ts"

export const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const Drawn = Schema.Struct({
  encoding: Schema.Literals(["utf-8", "utf-16le", "utf-16be", "windows-1252", "shift_jis", "gb18030"]),
  delimiter: Schema.Literals([",", ",", ";", "\t", "|", " ", "\\", "\x01"]),
  quote: Schema.NullOr(Schema.Literals(['"', '"', '"', "'", "|"])),
  escape: Schema.Literals(["doubled", "backslash"]),
  lineEnd: Schema.NullOr(Schema.Literals(["LF", "CRLF", "CR"])),
  comment: Schema.NullOr(Schema.Literals(["#", "//"])),
  shortRows: Schema.Literals(["reject", "null"]),
  trim: Schema.Boolean,
  isExact: Schema.Boolean,
})

/** A format that a person may give. */
export const DrawnFormat = Drawn.check(
  Schema.makeFilter(
    ({ delimiter, escape, quote }) => delimiter !== quote && !(delimiter === "\\" && escape !== "doubled"),
  ),
)

export const formatOf = (drawn: typeof DrawnFormat.Type): Format => ({ ...plainFormat, ...drawn })

export const isWide = ({ encoding }: Pick<Format, "encoding">): boolean => encoding.startsWith("utf-16")

const marks: Readonly<Partial<Record<Format["encoding"], ReadonlyArray<number>>>> = {
  "utf-8": [0xef, 0xbb, 0xbf],
  "utf-16le": [0xff, 0xfe],
  "utf-16be": [0xfe, 0xff],
  gb18030: [0x84, 0x31, 0x95, 0x33],
}

export const markOf = ({ encoding }: Pick<Format, "encoding">): ReadonlyArray<number> => marks[encoding] ?? []

/** Characters beyond ASCII whose bytes look like a backslash, a bar, a quote, a line end. */
const letters: Readonly<Record<string, ReadonlyArray<readonly [text: string, bytes: ReadonlyArray<number>]>>> = {
  "utf-8": [
    ["é", [0xc3, 0xa9]],
    ["日", [0xe6, 0x97, 0xa5]],
  ],
  "windows-1252": [
    ["é", [0xe9]],
    ["€", [0x80]],
  ],
  shift_jis: [
    ["ソ", [0x83, 0x5c]],
    ["ポ", [0x83, 0x7c]],
    ["ア", [0x83, 0x41]],
    ["ｱ", [0xb1]],
  ],
  gb18030: [
    ["乗", [0x81, 0x5c]],
    ["亅", [0x81, 0x7c]],
    ["\u0080", [0x81, 0x30, 0x81, 0x30]],
  ],
}

const wideLetters = ["é", "∢", "℀", "\u0d0a", "\u0a0d", "⼀", "😀"]

/** The bytes of a text, without an encoder. */
export const encodeText = (text: string, { encoding }: Pick<Format, "encoding">): ReadonlyArray<number> => {
  const wide = (character: string) => Array.from(Buffer.from(character, "utf16le"))
  return Array.from(text).flatMap((character) => {
    if (encoding === "utf-16le") return wide(character)
    if (encoding === "utf-16be") return Array.from(Buffer.from(wide(character)).swap16())
    if (character < "\x80") return [character.charCodeAt(0)]
    return letters[encoding]!.find(([letter]) => letter === character)![1]
  })
}

/** The letters of an encoding, beyond ASCII. */
const lettersOf = (format: Pick<Format, "encoding">): ReadonlyArray<string> =>
  isWide(format) ? wideLetters : letters[format.encoding]!.map(([letter]) => letter)

const Token = Schema.Union([
  Schema.Literals([
    "delimiter",
    "delimiter",
    "delimiter",
    "quote",
    "quote",
    "quote",
    "escape",
    "escape",
    "mark",
    "comment",
  ]),
  Schema.Literals(["\n", "\n", "\r", "\r\n", "\r\r\n", "a", "bc", " ", "\t", "\0", "\x1a", '"', "\\", "\\N"]),
  Schema.Struct({ letter: between(0, 6) }),
  Schema.Struct({ byte: between(0, 255) }),
])

/** What means something to a framer, more often than other bytes. */
export const Tokens = Schema.Array(Token).check(Schema.isMaxLength(80))

const bytesOfToken = (token: typeof Token.Type, format: Format): ReadonlyArray<number> => {
  if (typeof token === "object") {
    if ("byte" in token) return isWide(format) ? [token.byte, token.byte % 7] : [token.byte]
    const known = lettersOf(format)
    return encodeText(known[token.letter % known.length]!, format)
  }
  if (token === "delimiter") return encodeText(format.delimiter, format)
  if (token === "quote") return encodeText(format.quote ?? '"', format)
  if (token === "escape") return encodeText(`\\${format.quote ?? "n"}`, format)
  if (token === "comment") return encodeText(format.comment ?? "#", format)
  if (token === "mark") return markOf(format)
  return encodeText(token, format)
}

export const bytesOf = (tokens: typeof Tokens.Type, format: Format): Uint8Array =>
  Uint8Array.from(tokens.flatMap((token) => bytesOfToken(token, format)))

/** Text of no meaning. */
const letter = "\ue000"

/** A character a code unit: positions are those in the bytes, over their width. */
const symbolsOf = (bytes: Uint8Array, { encoding }: Format): string => {
  const units = Buffer.from(bytes)
  if (encoding === "utf-16le") return units.toString("utf16le")
  if (encoding === "utf-16be") return units.swap16().toString("utf16le")
  const text = units.toString("latin1")
  if (encoding === "shift_jis") return text.replaceAll(/[\x81-\x9f\xe0-\xfc][\x30-\xff]/g, letter + letter)
  return encoding === "gb18030" ? text.replaceAll(/[\x81-\xfe][\x30-\xff]/g, letter + letter) : text
}

const literal = (character: string): string => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`

export const lineEndsOf = ({ lineEnd }: Pick<Format, "lineEnd">): string =>
  lineEnd === "LF" || lineEnd === "CRLF" ? "\\r\\r\\n|\\r\\n|\\r|\\n" : "\\r\\n|\\r|\\n"

const blanksOf = ({ delimiter }: Pick<Format, "delimiter">): string =>
  `[${[" ", "\t"].filter((blank) => blank !== delimiter).join("")}]`

/** The rules of a format. */
const grammarOf = (format: Format) => {
  const { delimiter, quote, trim } = format
  const d = literal(delimiter)
  const q = quote === null ? undefined : literal(quote)
  const hasEscape = format.escape === "backslash"
  const escaped = hasEscape ? "|\\\\(?:\\r\\n|(?!\\r\\n)[^])" : ""
  const special = `${q ?? ""}${hasEscape ? "\\\\" : ""}`
  const blanks = trim ? `${blanksOf(format)}*` : ""
  const inQuotes = q === undefined ? "" : `(?:[^${special}]|${q}${q}${escaped})*`
  const opened = q === undefined ? "(?!)" : `${blanks}${q}${inQuotes}`
  const plain = `(?:[^\\r\\n${d}${special}]${escaped})*`
  const field = `(?:${opened}${q ?? ""}${blanks}(?=${d}|[\\r\\n]|$)|${plain})`
  return {
    record: new RegExp(`${field}(?:${d}${field})*(?=[\\r\\n]|$)`, "y"),
    /** As much as a record may begin with. */
    beginning: new RegExp(`(?:${field}${d})*(?:${opened}(?:${q ?? ""}${blanks})?|${plain})`, "y"),
    /** A whole quoted field, one that is still open, an escape, or a character. */
    token: new RegExp(`(${opened}(?:${q ?? ""})?)${escaped}|[^]`, "gy"),
    fields: new RegExp(`${d}(${field})`, "g"),
    lineEnd: new RegExp(lineEndsOf(format), "y"),
    empty: new RegExp(`^${blanks}(?:${q}${q}${blanks})?$|^${blanksOf(format)}*$`),
    padded: new RegExp(
      `^[${[" ", "\t", "\0", "\x1a"]
        .filter((blank) => blank !== delimiter)
        .map(literal)
        .join("")}]*$`,
    ),
  }
}

/** Where a record begins, ends, and the line after it begins, in characters. */
export interface ReferenceFrame {
  readonly start: number
  readonly end: number
  readonly next: number
  readonly kind: "record" | "short" | "reject"
}

/** The frames by the grammar: a legal record at every place, or else a line that is none. */
export const referenceFrames = (
  bytes: Uint8Array,
  format: Format,
  maxRecordSize: number,
  counts: FieldCounts | undefined,
): { readonly frames: ReadonlyArray<ReferenceFrame>; readonly blankRows: number } => {
  const text = symbolsOf(bytes, format)
  const mark = symbolsOf(Uint8Array.from(markOf(format)), format)
  const isMarkAt = (at: number): boolean => {
    const width = isWide(format) ? 2 : 1
    return mark !== "" && markOf(format).every((byte, index) => bytes[at * width + index] === byte)
  }
  const longest = Math.floor(maxRecordSize / (isWide(format) ? 2 : 1))
  const grammar = grammarOf(format)
  const match = (pattern: RegExp, at: number): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0]
  }
  const lineEndFrom = (at: number): number => {
    const found = text.slice(at).search(/[\r\n]/)
    return found === -1 ? text.length : at + found
  }

  /** A row of padding may be longer than memory. Between delimiters padding is text. */
  const isBlank = (raw: string, fields: ReadonlyArray<string>): boolean => {
    if (raw === "" || format.isExact) return raw === ""
    const isPadding = fields.length === 1 && grammar.padded.test(raw)
    if (!isPadding && !fields.every((field) => grammar.empty.test(field))) return false
    return raw.length <= longest || (isPadding && /[\0\x1a]/.test(raw.slice(0, longest + 1)))
  }

  /** The end of the line of what is no record. */
  const endOfDamage = (start: number): number => {
    const beginning = match(grammar.beginning, start)!
    let at = start
    for (;;) {
      const row = text.slice(start, at)
      const isTooLong = row.length > longest && !isBlank(row, row.split(format.delimiter))
      if (isTooLong || row.length >= beginning.length) return lineEndFrom(at)
      grammar.token.lastIndex = at
      const [token, quoted] = grammar.token.exec(text)!
      const isField = at === start || text[at - 1] === format.delimiter
      if (quoted !== undefined && isField) {
        const inQuotes = quoted.search(/[\r\n]/)
        if (inQuotes !== -1 && at + inQuotes - start <= longest) return at + inQuotes
        if (at + quoted.length - start > longest) return lineEndFrom(start + longest + 1)
        at += quoted.length
      } else at += token.startsWith("\\") ? token.length : 1
    }
  }

  const frames: Array<ReferenceFrame> = []
  let blankRows = 0
  let start = 0
  while (start < text.length) {
    if (isMarkAt(start) && (start === 0 || !format.isExact)) start += mark.length
    const legal = match(grammar.record, start)
    const fields = Array.from((format.delimiter + (legal ?? "")).matchAll(grammar.fields), ([, field]) => field!)
    const isComment = format.comment !== null && text.startsWith(format.comment, start)
    const blank = !isComment && legal !== undefined && isBlank(legal, fields)
    const isLegal = legal !== undefined && legal.length <= longest
    const end = isComment ? lineEndFrom(start) : isLegal || blank ? start + legal!.length : endOfDamage(start)
    const next = end + (match(grammar.lineEnd, end)?.length ?? 0)
    if (blank && end > start) blankRows++
    if (!blank && !isComment) {
      const filled = fields.findLastIndex((field) => !grammar.empty.test(field)) + 1
      const isOneLine = !/[\r\n]/.test(legal ?? "") && end < text.length
      const isFitting =
        counts === undefined || (fields.length >= counts.named && (fields.length <= counts.all || filled <= counts.all))
      const isShort = counts !== undefined && fields.length < counts.named && isOneLine && format.shortRows === "null"
      frames.push({ start, end, next, kind: !isLegal ? "reject" : isFitting ? "record" : isShort ? "short" : "reject" })
    }
    start = next
  }
  return { frames, blankRows }
}

/** What a field may mean, by its parts. */
export const DrawnField = Schema.Struct({
  parts: Schema.Array(
    Schema.Union([
      Schema.Literals(["delimiter", "quote", "escape", "\n", "\r", "\r\n", "a", "b c", " ", "\0", "\\", "\\N", "#"]),
      between(0, 6),
    ]),
  ).check(Schema.isMaxLength(5)),
  isQuoted: Schema.Boolean,
  blank: Schema.Literals(["", "", " ", "\t"]),
})

/** A field as it is meant, and as it is written. */
export const writeField = (
  { blank, isQuoted, parts }: typeof DrawnField.Type,
  format: Format,
): { readonly value: string; readonly written: string } => {
  const { delimiter, escape, quote, trim } = format
  const known = lettersOf(format)
  const textOf = (part: string | number): string => {
    if (typeof part === "number") return known[part % known.length]!
    if (part === "delimiter") return delimiter
    if (part === "quote") return quote ?? '"'
    return part === "escape" ? `\\${quote ?? "n"}` : part
  }
  const value = parts.map(textOf).join("")
  const around = trim && blank !== delimiter ? blank : ""
  if (isQuoted && quote !== null) {
    const text = escape === "backslash" ? value.replaceAll("\\", "\\\\") : value
    return { value, written: `${around}${quote}${text.replaceAll(quote, quote + quote)}${quote}${around}` }
  }
  const isSpecial = (character: string) => [delimiter, quote, "\r", "\n", " ", "\t", "\\"].includes(character)
  if (escape === "backslash") {
    const text = Array.from(value, (character) => (isSpecial(character) ? `\\${character}` : character)).join("")
    return { value, written: around + text + around }
  }
  if (quote !== null && Array.from(value).some(isSpecial)) return writeField({ blank, isQuoted: true, parts }, format)
  const plain = Array.from(value, (character) => (isSpecial(character) ? "" : character)).join("")
  return { value: plain, written: around + plain + around }
}
