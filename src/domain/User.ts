// A user: a record of a file, decoded column by column and checked.

import { Record, Result, Schema, SchemaIssue, SchemaTransformation, Struct } from "effect"
import { enable } from "effect/schema/SchemaJITCompiler"
import { fileColumns } from "./fileColumns.ts"
import { Problem } from "./Problem.ts"
import type { Reason } from "./Reject.ts"

/** The columns of `users` that files fill. */
export type UserColumn = keyof typeof fileColumns
export const userColumns: ReadonlyArray<UserColumn> = Struct.keys(fileColumns)

/** Each column's text, decoded independently. */
const Columns = Schema.Struct(Record.map(fileColumns, ({ text }) => text))

/** Turns each `Problem` into an issue of its column. */
const hasNoProblem = Schema.makeFilter((columns: typeof Columns.Type) => {
  let issues: Array<{ readonly path: readonly [string]; readonly issue: string }> | undefined
  for (const name of userColumns) {
    const value = columns[name]
    if (value instanceof Problem) (issues ??= []).push({ path: [name], issue: value.message })
  }
  return issues
})

interface ValueOf extends Struct.Lambda {
  <Value>(column: { readonly value: Value }): Value
  readonly "~lambda.out": this["~lambda.in"] extends { readonly value: infer Value } ? Value : never
}

/**
 * The file columns of `users`, decoded from text: `""` becomes null, dates `YYYY-MM-DD`, addresses their canonical
 * form, e-mails trimmed lower case.
 */
export const User = Columns.check(hasNoProblem).pipe(
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
export type User = typeof User.Type

enable(User.ast)

/** A record's text by column; `""` for a column that the file lacks. */
export type MappedRecord = Readonly<Record<UserColumn, string>>

const decode = Schema.decodeUnknownResult(User)
const standardIssues = SchemaIssue.makeFormatterStandardSchemaV1()

/** Decodes a mapped record; fails with every reason. */
export const decodeUser = (record: MappedRecord): Result.Result<User, ReadonlyArray<Reason>> =>
  Result.mapError(decode(record), (error) =>
    standardIssues(error.issue).issues.map(({ path, message }) => ({
      column: path === undefined ? null : String(path[0]),
      message,
    })),
  )
