// The kinds of columns that files fill: a type of PostgreSQL, and how a record's text becomes a value of it.

import { Effect, Schema, SchemaGetter } from "effect"
import * as Address from "./Address.ts"
import { parseDateFormat, slashOrderOf } from "./dateFormat.ts"
import { readEmail } from "./emailAddress.ts"
import { readExtra } from "./extraText.ts"
import type { Moment } from "./Moment.ts"
import { makeMomentReader, type MomentReader } from "./momentReader.ts"
import { nullWords as usualNullWords } from "./nullWords.ts"
import type { PlainForm } from "./PlainForm.ts"
import { plainDates } from "./plainDates.ts"
import { Problem } from "./Problem.ts"
import { readAddress } from "./textAddress.ts"
import { asciiWords, type GivenWords, keyOf, makeNullWords, makeWords } from "./words.ts"

/** A type as PostgreSQL names it. */
export type ColumnType = `varchar(${number})` | "date" | "boolean" | "jsonb"

/** How the text of a column is read, beyond the usual forms. */
export interface Reading {
  /** What a mapping says of the column. */
  readonly said: GivenWords & { readonly format?: string | undefined }
  /** Words, exact, that are null in every column but e-mail. */
  readonly nullWords: ReadonlyArray<string>
  /** Whether `A/B/YYYY` is month and day; else nothing has shown which it is. */
  readonly isMonthFirst: boolean
  /** The most characters of a text; null: any number. Undefined: those of the column's type. */
  readonly width: number | null | undefined
}

/** Of a column of which nothing is said. */
export const usualReading: Reading = { said: {}, nullWords: [], isMonthFirst: false, width: undefined }

/** What a mapping can say of a column. */
export type Saying = "format" | "true" | "false" | "null"

/**
 * A text as `parse` reads it: a value, or a `Problem`, which `User` turns into an issue. The transformation is pure, and
 * its type is not a union: Schema's compiler inlines it; with an effect per column, decoding takes three times as long.
 */
export const parsed = (parse: (text: string) => unknown) =>
  Schema.String.pipe(
    Schema.decodeTo(Schema.Unknown, {
      decode: SchemaGetter.transform(parse),
      encode: SchemaGetter.transform((value) => (value === null ? "" : String(value))),
    }),
  )

/**
 * A column whose values `value` describes; a user that a program makes without one has null. `parser` makes what reads
 * a record's text; `plain` is which texts their bytes alone tell the value of, undefined: none; `says` is what a mapping
 * can say of it.
 */
const column = <Type extends ColumnType, Value extends Schema.Constraint>(
  type: Type,
  value: Value,
  parser: (reading: Reading) => (text: string) => Value["Type"] | Problem,
  plain: (reading: Reading) => PlainForm | undefined,
  says: ReadonlyArray<Saying>,
) => ({
  type,
  value,
  parser,
  plain,
  says,
  /** Whether its values are hidden from people. */
  isSecret: false,
  /** Whether a word for nothing is text, as any other: it may be a name. */
  isText: false,
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

/** Whether a text stands for nothing where no word does by itself: exact, as a name may be such a word. */
export const makeIsNullText = ({
  nullWords,
  said,
}: Pick<Reading, "nullWords" | "said">): ((text: string) => boolean) => {
  const words = new Set(["", ...nullWords, ...(said.null ?? [])])
  return words.size === 1 ? (text) => text === "" : (text) => words.has(text)
}

/** The words that a mapping and a format have for nothing. Those of a mapping may have blanks around them. */
const nullWordsOf = ({ nullWords, said: { null: given = [] } }: Reading): ReadonlyArray<string> => [
  ...nullWords,
  ...given,
  ...given.map(keyOf),
]

/** Text, unchanged. */
export const text = (characters: number) => {
  const parser = (reading: Reading) => {
    const { width = characters } = reading
    const isNull = makeIsNullText(reading)
    return (value: string) => {
      if (isNull(value)) return null
      if (value.includes("\0")) return new Problem("contains a NUL character, which PostgreSQL cannot store")
      return width !== null && isLongerThan(value, width) ? new Problem(`is longer than ${width} characters`) : value
    }
  }
  const plain = (reading: Reading): PlainForm => ({
    kind: "text",
    // A character has a byte at least.
    most: reading.width === undefined ? characters : reading.width,
    words: nullWordsOf(reading),
    counted: usualNullWords,
  })
  const value = orNull(textParsedBy(parser(usualReading), "is empty: null stands for no text"))
  return { ...column(`varchar(${characters})`, value, parser, plain, ["null"]), isText: true }
}

/** An IP address in its canonical form; never an IPv4-mapped one. */
export const address = column(
  "varchar(40)",
  orNull(
    Address.Address.check(
      Schema.makeFilter((value) => readAddress(value) === value || "is IPv4-mapped: the IPv4 address stands for it"),
    ),
  ),
  ({ nullWords, said }) => {
    const isNull = makeNullWords(said.null ?? [], nullWords)
    return (text) => (text === "" || isNull(text) ? null : readAddress(text))
  },
  (reading) => ({ kind: "address", words: nullWordsOf(reading) }),
  ["null"],
)

/** What reads the moments of a column; text that stands for nothing is null. */
const momentParser = ({ isMonthFirst, nullWords, said }: Reading): MomentReader => {
  const format = said.format === undefined ? undefined : parseDateFormat(said.format)
  // The mapping's schema has checked it.
  if (format instanceof Problem) throw new Error(`The format ${said.format} ${format.message}.`)
  const order = (said.format && slashOrderOf(said.format)) || (isMonthFirst ? "M/D" : undefined)
  const read = makeMomentReader({ format, order })
  const isNull = makeNullWords(said.null ?? [], nullWords)
  return (text) => (text === "" || isNull(text) ? null : read(text))
}

const isPlain = ({ nullWords, said }: Reading): boolean =>
  said.format === undefined && said.null === undefined && nullWords.length === 0

/** Most texts are a day that every month has: this test takes less time than reading its instant. */
const plainDate = /^(?!000[01])\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])$/

/** As `momentParser`, but a day alone may be its own text: its instant follows from it. */
export const updateParser = (reading: Reading): ((text: string) => Moment | string | null | Problem) => {
  const read = momentParser(reading)
  return isPlain(reading) ? (text) => (plainDate.test(text) ? text : read(text)) : read
}

/**
 * Most texts have this form, and a day that every month has: where the instant is not asked for, this test takes less
 * time than reading it.
 */
const plainDay =
  /^(?!000[01])\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])(?:[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)?)?$/

const dayParser = (reading: Reading): ((text: string) => string | null | Problem) => {
  const read = momentParser(reading)
  const isUsual = isPlain(reading)
  return (text) => {
    if (isUsual && plainDay.test(text)) return text.slice(0, 10)
    const moment = read(text)
    return moment === null || moment instanceof Problem ? moment : moment.day
  }
}

/** A calendar day, `YYYY-MM-DD`. */
export const day = column(
  "date",
  orNull(textParsedBy(dayParser(usualReading), "is not a day of the form YYYY-MM-DD, after 0001-01-01")),
  dayParser,
  (reading) => {
    const order = plainDates(reading.said.format, reading.isMonthFirst)
    return order === false ? undefined : { kind: "day", order, words: nullWordsOf(reading) }
  },
  ["format", "null"],
)

/** Whether a user is active. */
export const status = column(
  "boolean",
  orNull(Schema.Boolean),
  ({ nullWords, said }) => {
    const words = makeWords(said, nullWords)
    return (text) => {
      if (text === "") return null
      const meaning = words(text)
      return meaning === undefined ? new Problem("is no known word for true or false. Name it in the mapping") : meaning
    }
  },
  ({ nullWords, said }) => ({ kind: "status", meanings: asciiWords(said, nullWords) }),
  ["true", "false", "null"],
)

/** An e-mail address; never null. */
export const email = column(
  "varchar(320)",
  textParsedBy(readEmail, "is not the address alone, in lower case, its domain in ASCII"),
  () => readEmail,
  () => ({ kind: "email" }),
  [],
)

/** Texts by name, as `Extra.make` makes them. Hidden, as any of them may be a secret. */
export const extra = {
  ...column(
    "jsonb",
    orNull(textParsedBy(readExtra, "is not the text that Extra.make makes of its fields")),
    () => readExtra,
    () => undefined,
    ["null"],
  ),
  isSecret: true,
}

/** The column, with its values hidden from people. */
export const secret = <A extends ReturnType<typeof text>>(column: A): A => ({ ...column, isSecret: true })
