import { Effect, Result, Schema, SchemaGetter, SchemaIssue } from "effect"
import { parseAddress } from "./Address.ts"
import { parseDay } from "./Day.ts"
import type { Reason } from "./Reject.ts"

/** Messages name what is wrong, never the value: they go to logs, and one of the columns is a password. */
const fail = (message: string) => Effect.fail(new SchemaIssue.InvalidValue({ message }))

/** A column that `parse` understands; empty text is null. */
const parsed = <A extends string | boolean>(type: Schema.Codec<A>, parse: (text: string) => Result.Result<A, string>) =>
  Schema.String.pipe(
    Schema.decodeTo(Schema.NullOr(type), {
      decode: SchemaGetter.transformEffect((text: string) => {
        if (text === "") return Effect.succeed(null)
        const result = parse(text)
        return Result.isSuccess(result) ? Effect.succeed(result.success) : fail(result.failure)
      }),
      encode: SchemaGetter.transform((value: A | null) => (value === null ? "" : String(value))),
    }),
  )

/** Characters are code points: what PostgreSQL counts for varchar(n). */
const isLongerThan = (text: string, characters: number): boolean => {
  if (text.length <= characters) return false
  let count = 0
  for (const _ of text) if (++count > characters) return true
  return false
}

const text = (characters: number) =>
  parsed(Schema.String, (value) => {
    if (value.includes("\0")) return Result.fail("contains a NUL character")
    return isLongerThan(value, characters)
      ? Result.fail(`is longer than ${characters} characters`)
      : Result.succeed(value)
  })

const day = parsed(Schema.String, parseDay)

const truths = new Map<string, boolean>([
  ...["true", "t", "yes", "y", "1"].map((word) => [word, true] as const),
  ...["false", "f", "no", "n", "0"].map((word) => [word, false] as const),
])

const status = parsed(Schema.Boolean, (value) => {
  const truth = truths.get(value.trim().toLowerCase())
  return truth === undefined
    ? Result.fail("is not a status: true/false, t/f, yes/no, y/n or 1/0")
    : Result.succeed(truth)
})

/** The rule of `<input type=email>` (https://html.spec.whatwg.org/#valid-e-mail-address). */
const emailPattern =
  /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i

const email = Schema.String.pipe(
  Schema.decodeTo(Schema.String, {
    decode: SchemaGetter.transformEffect((value: string) => {
      const address = value.trim()
      if (address === "") return fail("is missing")
      if (address.length > 320) return fail("is longer than 320 characters")
      // Lower case comes last: it would turn a Kelvin sign into a k, and a wrong address into a right one.
      return emailPattern.test(address) ? Effect.succeed(address.toLowerCase()) : fail("is not a valid e-mail address")
    }),
    encode: SchemaGetter.passthrough(),
  }),
)

/**
 * A user as one record tells it: the file columns of `users`. Decoded from text, column by column: `""` is null, dates
 * become `YYYY-MM-DD`, addresses their canonical form, e-mails trimmed lower case.
 */
export const User = Schema.Struct({
  source_id: text(64),
  first_name: text(80),
  last_name: text(80),
  email,
  gender: text(16),
  ip_address: parsed(Schema.String, parseAddress),
  created_at: day,
  updated_at: day,
  password: text(64),
  status,
})
export type User = typeof User.Type

/** The columns of `users` that files fill. */
export type UserColumn = keyof User
export const userColumns = Object.keys(User.fields) as ReadonlyArray<UserColumn>

/** A record's text by column; `""` for a column that the file does not have. */
export type MappedRecord = Readonly<Record<UserColumn, string>>

const decode = Schema.decodeUnknownResult(User, { errors: "all" })
const standardIssues = SchemaIssue.makeFormatterStandardSchemaV1()

/** The user of a mapped record, or every reason why it is none. */
export const decodeUser = (record: MappedRecord): Result.Result<User, ReadonlyArray<Reason>> =>
  Result.mapError(decode(record), (error) =>
    standardIssues(error.issue).issues.map(({ path, message }) => ({
      column: path === undefined ? null : String(path[0]),
      message,
    })),
  )
