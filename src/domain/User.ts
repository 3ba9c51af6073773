import { Result, Schema, SchemaGetter, SchemaIssue, SchemaTransformation } from "effect"
import { enable } from "effect/schema/SchemaJITCompiler"
import { parseAddress } from "./Address.ts"
import { parseDay } from "./Day.ts"
import { Problem } from "./Problem.ts"
import type { Reason } from "./Reject.ts"

/**
 * A column's text as `parse` understands it, or a `Problem`, for `User` to judge. Pure, and of a type that is not a
 * union: such transformations Schema's compiler puts inline, which an effect a column takes three times as long as.
 */
const column = (parse: (text: string) => string | boolean | null | Problem) =>
  Schema.String.pipe(
    Schema.decodeTo(Schema.Unknown, {
      decode: SchemaGetter.transform(parse),
      encode: SchemaGetter.transform((value) => (value === null ? "" : String(value))),
    }),
  )

/** A column that `parse` understands; empty text is null. */
const optional = (parse: (text: string) => string | boolean | Problem) =>
  column((text) => (text === "" ? null : parse(text)))

/** Characters are code points: what PostgreSQL counts for varchar(n). */
const isLongerThan = (text: string, characters: number): boolean => {
  if (text.length <= characters) return false
  let count = 0
  for (const _ of text) if (++count > characters) return true
  return false
}

const text = (characters: number) =>
  optional((value) => {
    if (value.includes("\0")) return new Problem("contains a NUL character")
    return isLongerThan(value, characters) ? new Problem(`is longer than ${characters} characters`) : value
  })

const address = optional((value) => Result.getOrElse(parseAddress(value), (message) => new Problem(message)))

const day = optional(parseDay)

const truths = new Map<string, boolean>([
  ...["true", "t", "yes", "y", "1"].map((word) => [word, true] as const),
  ...["false", "f", "no", "n", "0"].map((word) => [word, false] as const),
])

const status = optional((value) => {
  const truth = truths.get(value) ?? truths.get(value.trim().toLowerCase())
  return truth ?? new Problem("is not a status: true/false, t/f, yes/no, y/n or 1/0")
})

/** The rule of `<input type=email>` (https://html.spec.whatwg.org/#valid-e-mail-address), for lower case. */
const lowerCaseEmail =
  /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/
const anyCaseEmail = new RegExp(lowerCaseEmail, "i")

const email = column((value) => {
  // Most are: to see that takes half the time.
  if (value.length <= 320 && lowerCaseEmail.test(value)) return value
  const address = value.trim()
  if (address === "") return new Problem("is missing")
  if (address.length > 320) return new Problem("is longer than 320 characters")
  // Lower case comes last: it would turn a Kelvin sign into a k, and a wrong address into a right one.
  return anyCaseEmail.test(address) ? address.toLowerCase() : new Problem("is not a valid e-mail address")
})

const Columns = Schema.Struct({
  source_id: text(64),
  first_name: text(80),
  last_name: text(80),
  email,
  gender: text(16),
  ip_address: address,
  created_at: day,
  updated_at: day,
  password: text(64),
  status,
})

/** Every problem of a record is an issue of its column. */
const hasNoProblem = Schema.makeFilter((columns: typeof Columns.Type) => {
  let issues: Array<{ readonly path: readonly [string]; readonly issue: string }> | undefined
  for (const name of userColumns) {
    const value = columns[name]
    if (value instanceof Problem) (issues ??= []).push({ path: [name], issue: value.message })
  }
  return issues
})

// One schema, and one union that is compiled, for all of them.
const Text = Schema.NullOr(Schema.String)

/**
 * A user as one record tells it: the file columns of `users`. Decoded from text, column by column: `""` is null, dates
 * become `YYYY-MM-DD`, addresses their canonical form, e-mails trimmed lower case.
 */
export const User = Columns.check(hasNoProblem).pipe(
  Schema.decodeTo(
    Schema.Struct({
      source_id: Text,
      first_name: Text,
      last_name: Text,
      email: Schema.String,
      gender: Text,
      ip_address: Text,
      created_at: Text,
      updated_at: Text,
      password: Text,
      status: Schema.NullOr(Schema.Boolean),
    }),
    SchemaTransformation.passthrough({ strict: false }),
  ),
)
export type User = typeof User.Type

enable(User.ast)

/** The columns of `users` that files fill. */
export type UserColumn = keyof User
export const userColumns = Object.keys(Columns.fields) as ReadonlyArray<UserColumn>

/** A record's text by column; `""` for a column that the file does not have. */
export type MappedRecord = Readonly<Record<UserColumn, string>>

const decode = Schema.decodeUnknownResult(User)
const standardIssues = SchemaIssue.makeFormatterStandardSchemaV1()

/** The user of a mapped record, or every reason why it is none. */
export const decodeUser = (record: MappedRecord): Result.Result<User, ReadonlyArray<Reason>> =>
  Result.mapError(decode(record), (error) =>
    standardIssues(error.issue).issues.map(({ path, message }) => ({
      column: path === undefined ? null : String(path[0]),
      message,
    })),
  )
