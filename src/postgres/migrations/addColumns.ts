// Adds the columns of `users` that a migration needs, or uses those that are there already.

import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"

/** The existing `users` table cannot become ours without a loss. */
export class AdoptionError extends Schema.TaggedError<AdoptionError>()("AdoptionError", {
  message: Schema.String,
}) {}

/** The types that an existing column may keep, by the type of a new one. */
const compatibleTypes: Readonly<Record<string, ReadonlyArray<string>>> = {
  varchar: ["character varying", "text"],
  date: ["date", "timestamp without time zone", "timestamp with time zone"],
  boolean: ["boolean"],
  jsonb: ["jsonb"],
  "double precision": ["double precision"],
  integer: ["integer", "bigint"],
  bigint: ["bigint"],
  timestamptz: ["timestamp with time zone", "timestamp without time zone"],
  // By its long name: an instant, for which a time without a zone does not do.
  "timestamp with time zone": ["timestamp with time zone"],
}

export interface StoredColumn {
  readonly name: string
  readonly type: string
  readonly maxLength: number | null
  readonly isNullable: boolean
  readonly hasDefault: boolean
}

/** The columns that `users` has, by name. */
export const describeColumns = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const found = yield* sql<StoredColumn>`
    select a.attname as name, format_type(a.atttypid, null) as type, not a.attnotnull as "isNullable",
      case when a.atttypid = 'varchar'::regtype and a.atttypmod > 4 then a.atttypmod - 4 end as "maxLength",
      a.atthasdef or a.attidentity <> '' as "hasDefault"
    from pg_attribute a
    where a.attrelid = 'users'::regclass and a.attnum > 0 and not a.attisdropped`
  return new Map(found.map((column) => [column.name, column]))
})

/** Adds the columns that `users` lacks, and widens texts that are too short. Fails where a column has a type of its own. */
export const addColumns = Effect.fnUntraced(function* (columns: ReadonlyArray<readonly [name: string, type: string]>) {
  const sql = yield* SqlClient.SqlClient
  const existing = yield* describeColumns
  for (const [name, type] of columns) {
    const column = existing.get(name)
    if (column === undefined) yield* sql.unsafe(`alter table users add column ${name} ${type}`)
    else {
      const compatible = compatibleTypes[type.replace(/\(.*/, "")]!
      if (!compatible.includes(column.type)) {
        return yield* new AdoptionError({
          message: `The column ${name} of the table users is ${column.type}, and ${type} is needed. Nothing was changed. Change its type, then try again.`,
        })
      }
      const width = /\((\d+)\)/.exec(type)?.[1]
      if (width !== undefined && column.maxLength !== null && column.maxLength < Number(width)) {
        yield* sql.unsafe(`alter table users alter column ${name} type ${type}`)
      }
    }
  }
})

/** As `addColumns`, of columns that are null in most records. Fails where an existing one must have a value, too. */
export const addNullableColumns = Effect.fnUntraced(function* (
  columns: ReadonlyArray<readonly [name: string, type: string]>,
) {
  yield* addColumns(columns)
  const existing = yield* describeColumns
  const required = columns.find(([name]) => existing.get(name)?.isNullable === false)
  if (required === undefined) return
  return yield* new AdoptionError({
    message: `The column ${required[0]} of the table users must have a value, and most records have none. Nothing was changed. Drop its NOT NULL, then try again.`,
  })
})
