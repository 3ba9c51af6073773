// A user: a record of a file, decoded column by column and checked.

import { Record, Result, Schema, SchemaIssue, SchemaTransformation, Struct } from "effect"
import { enable } from "effect/schema/SchemaJITCompiler"
import { parsed, usualReading } from "./Column.ts"
import { fileColumns, type UserColumn, userColumns } from "./fileColumns.ts"
import { Problem } from "./Problem.ts"
import type { Reason } from "./Reject.ts"

export { type UserColumn, userColumns } from "./fileColumns.ts"

/** A record's text by column; `""` for a column that the file lacks. `extra`: as `Extra.make` makes it. */
export type MappedRecord = Readonly<Record<UserColumn, string>>

/** What reads the text of each column: a value, or a `Problem`. */
export type Parsers = Readonly<Record<UserColumn, (text: string) => unknown>>

/** Turns each `Problem` of these columns into an issue of its column. */
const hasNoProblemIn = (names: ReadonlyArray<UserColumn>) =>
  Schema.makeFilter((columns: Readonly<Record<UserColumn, unknown>>) => {
    let issues: Array<{ readonly path: readonly [string]; readonly issue: string }> | undefined
    for (const name of names) {
      const value = columns[name]
      if (value instanceof Problem) (issues ??= []).push({ path: [name], issue: value.message })
    }
    return issues
  })

/** Each column's text, decoded independently; fails where one of `needed` has a problem. */
export const decodedBy = (parsers: Parsers, needed: ReadonlyArray<UserColumn>) => {
  const schema = Schema.Struct(Record.map(parsers, parsed)).check(hasNoProblemIn(needed))
  enable(schema.ast)
  return schema
}

interface ValueOf extends Struct.Lambda {
  <Value>(column: { readonly value: Value }): Value
  readonly "~lambda.out": this["~lambda.in"] extends { readonly value: infer Value } ? Value : never
}

/**
 * The columns of `users` that files fill. Decodes text: `""` becomes null, dates `YYYY-MM-DD`, addresses their canonical
 * form, e-mails the address alone in lower case. `User.make` takes values of exactly these forms, null for the columns
 * left out, and throws where one is of another: what a program makes is as valid as what is decoded. The error's `cause`
 * is the issue.
 *
 * @example
 * ```ts
 * import { User } from "user-activity-etl"
 *
 * const ada = User.make({ email: "ada@example.com", first_name: "Ada", created_at: "2024-02-29" })
 * ```
 */
export const User = decodedBy(
  Record.map(fileColumns, ({ parser }) => parser(usualReading)),
  userColumns,
).pipe(
  Schema.decodeTo(
    Schema.Struct(
      Struct.map(
        fileColumns,
        Struct.lambda<ValueOf>(({ value }) => value),
      ),
    ),
    SchemaTransformation.passthrough({ strict: false }),
  ),
)
export interface User extends Schema.Schema.Type<typeof User> {}

const standardIssues = SchemaIssue.makeFormatterStandardSchemaV1()

/** The issues of columns as reasons of a reject. */
export const reasonsOf = ({ issue }: Schema.SchemaError): ReadonlyArray<Reason> =>
  standardIssues(issue).issues.map(({ path, message }) => ({
    column: path === undefined ? null : String(path[0]),
    message,
  }))

const check = Schema.decodeUnknownResult(Schema.toType(User), { errors: "all" })

/** Checks a user that a program has made, in whatever way; fails with every reason. */
export const checkUser = (user: unknown): Result.Result<User, ReadonlyArray<Reason>> =>
  Result.mapError(check(user), reasonsOf)
