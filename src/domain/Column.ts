// The kinds of columns that files fill: a type of PostgreSQL, and how a record's text becomes a value of it.

import { Effect, Schema, SchemaGetter } from "effect"
import * as Address from "./Address.ts"
import { readEmail } from "./emailAddress.ts"
import { makeMomentReader } from "./momentReader.ts"
import { isNullWord } from "./nullWords.ts"
import { Problem } from "./Problem.ts"
import { readAddress } from "./textAddress.ts"
import { usualWords } from "./words.ts"

/** A type as PostgreSQL names it. */
export type ColumnType = `varchar(${number})` | "date" | "boolean"

/**
 * A column whose values `value` describes; a user that a program makes without one has null. `text` decodes a record's
 * text by `parse` to a value, or to a `Problem`, which `User` turns into an issue. The transformation is pure, and its
 * type is not a union: Schema's compiler inlines it; with an effect per column, decoding takes three times as long.
 */
const column = <Value extends Schema.Constraint>(
  type: ColumnType,
  value: Value,
  parse: (text: string) => Value["Type"] | Problem,
) => ({
  type,
  value,
  text: Schema.String.pipe(
    Schema.decodeTo(Schema.Unknown, {
      decode: SchemaGetter.transform(parse),
      encode: SchemaGetter.transform((value) => (value === null ? "" : String(value))),
    }),
  ),
  /** Whether its values are hidden from people. */
  isSecret: false,
})

const orNull = <Value extends Schema.Constraint & Schema.WithoutConstructorDefault>(value: Value) =>
  Schema.NullOr(value).pipe(Schema.withConstructorDefault(Effect.succeed(null)))

/**
 * Text as `parse` returns it: what a program makes is as valid as what files have. `form` is reported for text that
 * means such a value, but is another spelling of it.
 */
const textParsedBy = (parse: (text: string) => string | null | Problem, form: string) =>
  Schema.String.check(
    Schema.makeFilter((value) => {
      const parsed = parse(value)
      if (parsed instanceof Problem) return parsed.message
      // UTF-8, and so PostgreSQL, cannot have it: it would become another character.
      if (!value.isWellFormed()) return "contains half of a surrogate pair"
      return parsed === value || form
    }),
  )

/** Counts code points, as PostgreSQL does for varchar(n). */
const isLongerThan = (text: string, characters: number): boolean => {
  if (text.length <= characters) return false
  let count = 0
  for (const _ of text) if (++count > characters) return true
  return false
}

/** Text, unchanged. */
export const text = (characters: number) => {
  const parse = (value: string) => {
    if (value === "") return null
    if (value.includes("\0")) return new Problem("contains a NUL character, which PostgreSQL cannot store")
    return isLongerThan(value, characters) ? new Problem(`is longer than ${characters} characters`) : value
  }
  return column(`varchar(${characters})`, orNull(textParsedBy(parse, "is empty: null stands for no text")), parse)
}

const parseAddress = (value: string): Address.Address | null | Problem =>
  value === "" || isNullWord(value) ? null : readAddress(value)

/** An IP address in its canonical form; never an IPv4-mapped one. */
export const address = column(
  "varchar(40)",
  orNull(
    Address.Address.check(
      Schema.makeFilter((value) => readAddress(value) === value || "is IPv4-mapped: the IPv4 address stands for it"),
    ),
  ),
  parseAddress,
)

const readMoment = makeMomentReader({ slashes: "M/D" })

/**
 * Most texts have this form, and a day that every month has: where the instant is not asked for, this test takes less
 * time than reading it.
 */
const plainDay =
  /^(?!000[01])\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])(?:[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)?)?$/

const parseDay = (value: string): string | null | Problem => {
  if (plainDay.test(value)) return value.slice(0, 10)
  if (value === "" || isNullWord(value)) return null
  const moment = readMoment(value)
  return moment === null || moment instanceof Problem ? moment : moment.day
}

/** A calendar day, `YYYY-MM-DD`. */
export const day = column(
  "date",
  orNull(textParsedBy(parseDay, "is not a day of the form YYYY-MM-DD, after 0001-01-01")),
  parseDay,
)

/** Whether a user is active. */
export const status = column("boolean", orNull(Schema.Boolean), (value) => {
  if (value === "") return null
  const meaning = usualWords(value)
  return meaning === undefined ? new Problem("is no word for true or false, such as yes/no, on/off or 1/0") : meaning
})

/** An e-mail address; never null. */
export const email = column(
  "varchar(320)",
  textParsedBy(readEmail, "is not the address alone, in lower case, its domain in ASCII"),
  readEmail,
)

/** The column, with its values hidden from people. */
export const secret = <A extends ReturnType<typeof text>>(column: A): A => ({ ...column, isSecret: true })
