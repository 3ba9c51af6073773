// The kinds of columns that files fill: a type of PostgreSQL, and how a record's text becomes a value of it.

import { Effect, Result, Schema, SchemaGetter } from "effect"
import * as Address from "./Address.ts"
import { parseDay } from "./Day.ts"
import { Problem } from "./Problem.ts"

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

/** A column of text that `parse` accepts; empty text is null. */
const optional = (type: ColumnType, parse: (text: string) => string | Problem, form: string) => {
  const orEmpty = (text: string) => (text === "" ? null : parse(text))
  return column(type, orNull(textParsedBy(orEmpty, form)), orEmpty)
}

/** Counts code points, as PostgreSQL does for varchar(n). */
const isLongerThan = (text: string, characters: number): boolean => {
  if (text.length <= characters) return false
  let count = 0
  for (const _ of text) if (++count > characters) return true
  return false
}

/** Text, unchanged. */
export const text = (characters: number) =>
  optional(
    `varchar(${characters})`,
    (value) => {
      if (value.includes("\0")) return new Problem("contains a NUL character, which PostgreSQL cannot store")
      return isLongerThan(value, characters) ? new Problem(`is longer than ${characters} characters`) : value
    },
    "is empty: null stands for no text",
  )

/** An IP address in its canonical form. */
export const address = column("varchar(40)", orNull(Address.Address), (value) =>
  value === "" ? null : Result.getOrElse(Address.parse(value), (message) => new Problem(message)),
)

/** A calendar day, `YYYY-MM-DD`. */
export const day = optional("date", parseDay, "is not a day of the form YYYY-MM-DD")

const truths = new Map<string, boolean>([
  ...["true", "t", "yes", "y", "1"].map((word) => [word, true] as const),
  ...["false", "f", "no", "n", "0"].map((word) => [word, false] as const),
])

/** Whether a user is active. */
export const status = column("boolean", orNull(Schema.Boolean), (value) => {
  if (value === "") return null
  const truth = truths.get(value) ?? truths.get(value.trim().toLowerCase())
  return truth ?? new Problem("is not true/false, t/f, yes/no, y/n or 1/0")
})

/** The rule of `<input type=email>` (https://html.spec.whatwg.org/#valid-e-mail-address), for lower case. */
const lowerCaseEmail =
  /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/
const anyCaseEmail = new RegExp(lowerCaseEmail, "i")

const parseEmail = (value: string): string | Problem => {
  // Most are canonical already: this test takes half the time of the rest.
  if (value.length <= 320 && lowerCaseEmail.test(value)) return value
  const address = value.trim()
  if (address === "") return new Problem("is missing")
  if (address.length > 320) return new Problem("is longer than 320 characters")
  // Lower case comes last: it turns a Kelvin sign into a k, and an invalid address into a valid one.
  return anyCaseEmail.test(address) ? address.toLowerCase() : new Problem("is not a valid e-mail address")
}

/** Whether a text of a file is an e-mail address. */
export const isEmail = (text: string): boolean => typeof parseEmail(text) === "string"

/** An e-mail address, trimmed, in lower case; never null. */
export const email = column(
  "varchar(320)",
  textParsedBy(parseEmail, "is not in lower case, or has spaces around it"),
  parseEmail,
)

/** The column, with its values hidden from people. */
export const secret = <A extends ReturnType<typeof text>>(column: A): A => ({ ...column, isSecret: true })
