// The kinds of columns that files fill: a type of PostgreSQL, and how a record's text becomes a value of it.

import { Result, Schema, SchemaGetter } from "effect"
import * as Address from "./Address.ts"
import { parseDay } from "./Day.ts"
import { Problem } from "./Problem.ts"

/** A type as PostgreSQL names it. */
export type ColumnType = `varchar(${number})` | "date" | "boolean"

/**
 * A column whose values `value` describes. `text` decodes a record's text by `parse` to a value, or to a `Problem`,
 * which `User` turns into an issue. The transformation is pure, and its type is not a union: Schema's compiler inlines
 * it; with an effect per column, decoding takes three times as long.
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

// One schema, compiled once, for all columns of a kind.
const TextOrNull = Schema.NullOr(Schema.String)
const AddressOrNull = Schema.NullOr(Address.Address)
const BooleanOrNull = Schema.NullOr(Schema.Boolean)

/** A column of text that `parse` accepts; empty text is null. */
const optional = (type: ColumnType, parse: (text: string) => string | Problem) =>
  column(type, TextOrNull, (text) => (text === "" ? null : parse(text)))

/** Counts code points, as PostgreSQL does for varchar(n). */
const isLongerThan = (text: string, characters: number): boolean => {
  if (text.length <= characters) return false
  let count = 0
  for (const _ of text) if (++count > characters) return true
  return false
}

/** Text, unchanged. */
export const text = (characters: number) =>
  optional(`varchar(${characters})`, (value) => {
    if (value.includes("\0")) return new Problem("contains a NUL character, which PostgreSQL cannot store")
    return isLongerThan(value, characters) ? new Problem(`is longer than ${characters} characters`) : value
  })

/** An IP address in its canonical form. */
export const address = column("varchar(40)", AddressOrNull, (value) =>
  value === "" ? null : Result.getOrElse(Address.parse(value), (message) => new Problem(message)),
)

/** A calendar day, `YYYY-MM-DD`. */
export const day = optional("date", parseDay)

const truths = new Map<string, boolean>([
  ...["true", "t", "yes", "y", "1"].map((word) => [word, true] as const),
  ...["false", "f", "no", "n", "0"].map((word) => [word, false] as const),
])

/** Whether a user is active. */
export const status = column("boolean", BooleanOrNull, (value) => {
  if (value === "") return null
  const truth = truths.get(value) ?? truths.get(value.trim().toLowerCase())
  return truth ?? new Problem("is not true/false, t/f, yes/no, y/n or 1/0")
})

/** The rule of `<input type=email>` (https://html.spec.whatwg.org/#valid-e-mail-address), for lower case. */
const lowerCaseEmail =
  /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/
const anyCaseEmail = new RegExp(lowerCaseEmail, "i")

/** An e-mail address, trimmed, in lower case; never null. */
export const email = column("varchar(320)", Schema.String, (value) => {
  // Most are canonical already: this test takes half the time of the rest.
  if (value.length <= 320 && lowerCaseEmail.test(value)) return value
  const address = value.trim()
  if (address === "") return new Problem("is missing")
  if (address.length > 320) return new Problem("is longer than 320 characters")
  // Lower case comes last: it turns a Kelvin sign into a k, and an invalid address into a valid one.
  return anyCaseEmail.test(address) ? address.toLowerCase() : new Problem("is not a valid e-mail address")
})

/** The column, with its values hidden from people. */
export const secret = <A extends ReturnType<typeof text>>(column: A): A => ({ ...column, isSecret: true })
