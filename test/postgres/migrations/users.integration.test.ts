import { PgClient } from "@effect/sql-pg"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { fileColumns } from "../../../src/domain/fileColumns.ts"
import { userColumns } from "../../../src/domain/User.ts"
import { native, repos } from "../../utils/repos.ts"

/** The least that can be adopted. */
const oldTable = Layer.effectDiscard(
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    yield* sql`create table users (email text not null)`
  }),
)

for (const [name, database] of [
  ["new", native],
  ["adopted", Layer.provideMerge(oldTable, native)],
] as const) {
  layer(repos(database))(`a ${name} table of users`, (it) => {
    it.effect("has the columns that files fill, of the types that the schema has them in", () =>
      Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const stored = yield* sql<{ name: string; type: string }>`
          select attname as name, replace(format_type(atttypid, atttypmod), 'character varying', 'varchar') as type
          from pg_attribute where attrelid = 'users'::regclass and attnum > 0 and not attisdropped`
        const typeOf = new Map(stored.map(({ name, type }) => [name, type]))
        assert.deepStrictEqual(
          userColumns.map((column) => [column, typeOf.get(column)]),
          userColumns.map((column) => [column, fileColumns[column].type]),
        )
      }),
    )
  })
}
