// Reads how many characters the text columns of `users` take.

import { Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { defaultWidths, type Widths } from "../../domain/Widths.ts"
import { texts } from "../arrays.ts"

/** Columns of other types than varchar and text, such as a domain, are left out. */
export const readWidths = (sql: SqlClient): Effect.Effect<Widths, SqlError> =>
  Effect.map(
    sql<{ column: keyof Widths; width: number | null }>`
      select attname as "column", case when atttypmod > 4 then atttypmod - 4 end as width
      from pg_attribute
      where attrelid = 'users'::regclass and attname = any(${texts(Object.keys(defaultWidths))}) and not attisdropped
        and atttypid in ('varchar'::regtype, 'text'::regtype)`,
    (columns) => Object.fromEntries(columns.map(({ column, width }) => [column, width])),
  )
