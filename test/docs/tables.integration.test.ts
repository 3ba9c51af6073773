import { PgClient } from "@effect/sql-pg"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlMessageStorage, SqlRunnerStorage } from "effect/cluster"
import * as Migrations from "../../src/postgres/migrate.ts"
import { native } from "../utils/repos.ts"
import { codesOf, readLines } from "./page.ts"

/** The tables that a worker's engine makes beside ours. */
const engine = Layer.mergeAll(SqlMessageStorage.layerMigrations({}), SqlRunnerStorage.layerMigrations({}))

const tables = Layer.mergeAll(Migrations.layer, engine).pipe(Layer.provideMerge(native))

/** A column and its type: `users.id bigint`. */
type Column = string

/** The columns of the page: headings name the tables, a row has columns of one type. */
const described = (lines: ReadonlyArray<string>): ReadonlyArray<Column> => {
  let names: ReadonlyArray<string> = []
  return lines.flatMap((line) => {
    if (line.startsWith("#")) names = line.replace(/^#+ /, "").split(", ")
    if (!line.startsWith("| `")) return []
    const [columns = "", type = ""] = line.slice(1).split("|")
    return names.flatMap((name) => codesOf(columns).map((column) => `${name}.${column} ${codesOf(type).join()}`))
  })
}

const stored = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const rows = yield* sql<{ column: Column }>`
    select relname || '.' || attname || ' ' || replace(replace(replace(format_type(atttypid, atttypmod),
      'character varying', 'varchar'), 'timestamp with time zone', 'timestamptz'), ' without time zone', '') as column
    from pg_attribute join pg_class on pg_class.oid = attrelid
    where relnamespace = 'public'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped`
  return rows.map(({ column }) => column)
})

/** What the page on workers has of their engine's tables. */
const ofEngine = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.slice(lines.indexOf("## Tables of the engine"))

layer(tables)("the pages on tables", (it) => {
  it.effect("have each table and column, with its type", () =>
    Effect.gen(function* () {
      const lines = [...readLines("src/docs/tables.md"), ...ofEngine(readLines("src/docs/cluster.md"))]
      assert.deepStrictEqual(described(lines).toSorted(), (yield* stored).toSorted())
    }),
  )
})
