// Room for longer texts in the columns gender and password.

import { Effect, Result } from "effect"
import { SqlClient } from "effect/sql"
import { SqlError } from "effect/sql/SqlError"
import { serverFields } from "../../domain/DatabaseError.ts"
import { describeColumns } from "./addColumns.ts"

/** Room for "Prefer not to say", and for a hash of argon2. */
const widths = { gender: 64, password: 255 } as const

interface NarrowColumn {
  readonly name: string
  readonly before: number
  readonly after: number
}

/**
 * What PostgreSQL answers where a view, rule, trigger, policy, generated column, function or publication uses the
 * column, or another table the type of the rows (0A000; version 13 for a generated column 42601), and where the columns
 * are those of another table or of a type (42P16, 42809).
 */
const refusals = ["0A000", "42601", "42P16", "42809"]

/** Why the column cannot change; fails with an error that has another cause. */
const whyRefused = <E>(error: E): Result.Result<string, E> => {
  const fields = error instanceof SqlError ? serverFields(error.reason.cause) : undefined
  if (fields === undefined || !refusals.includes(fields.code)) return Result.fail(error)
  return Result.succeed(fields.detail === undefined ? fields.message : `${fields.message} (${fields.detail})`)
}

/**
 * Changes varchar columns that are narrower. No row and no index is written; only a check constraint of the column reads
 * the table, in half a second for a million rows. A column stays as it is, and that is logged, where PostgreSQL refuses
 * the change, and where it would build an index again: one with an expression or a condition.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [table] = yield* sql<{ name: string }>`
    select format('%I.%I', nspname, relname) as name
    from pg_class join pg_namespace n on n.oid = relnamespace where pg_class.oid = 'users'::regclass`

  const statement = (columns: ReadonlyArray<NarrowColumn>): string =>
    `alter table ${table!.name} ${columns.map(({ after, name }) => `alter column ${name} type varchar(${after})`).join(", ")}`

  const report = (column: NarrowColumn) => (reason: string) =>
    Effect.logWarning(
      `The column ${column.name} of the table users stays varchar(${column.before}): ${reason}. Longer values are rejected. To widen it, drop what uses it, run this, and create it again: ${statement([column])}`,
    )

  const widen = (columns: ReadonlyArray<NarrowColumn>) =>
    Effect.asVoid(sql.withTransaction(sql.unsafe(statement(columns))))

  /** The indexes that PostgreSQL would build again. */
  const rebuiltIndexes = ({ name }: NarrowColumn) =>
    sql<{ name: string }>`
      select distinct indexrelid::regclass::text as name
      from pg_attribute join pg_depend on refobjid = attrelid and refobjsubid = attnum join pg_index on indexrelid = objid
      where attrelid = 'users'::regclass and attname = ${name} and refclassid = 'pg_class'::regclass
        and classid = 'pg_class'::regclass and (indexprs is not null or indpred is not null)
      order by 1`

  const existing = yield* describeColumns
  const columns: Array<NarrowColumn> = []
  for (const [name, after] of Object.entries(widths)) {
    const before = existing.get(name)?.maxLength ?? null
    if (before === null || before >= after) continue
    const column = { name, before, after }
    const indexes = yield* rebuiltIndexes(column)
    if (indexes.length === 0) columns.push(column)
    else {
      const names = indexes.map((index) => index.name).join(", ")
      yield* report(column)(`PostgreSQL would lock the table to build an index again (${names})`)
    }
  }
  if (columns.length === 0) return
  // Together: the constraints of both are checked in one reading.
  yield* Effect.catchFilter(widen(columns), whyRefused, () =>
    Effect.forEach(columns, (column) => Effect.catchFilter(widen([column]), whyRefused, report(column)), {
      discard: true,
    }),
  )
})
