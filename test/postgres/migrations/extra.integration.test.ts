import { PgClient } from "@effect/sql-pg"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as Migrations from "../../../src/postgres/migrate.ts"
import { native } from "../../utils/repos.ts"

const migrate = Effect.scoped(Layer.build(Layer.fresh(Migrations.layer)))

/** The tables as they were before the column, with a row. */
const before = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  yield* sql`drop schema public cascade`
  yield* sql`create schema public`
  yield* migrate
  yield* sql`alter table users drop column extra`
  yield* sql`delete from etl_migrations where migration_id >= 16`
  // What the migration after it has made.
  yield* sql`drop function etl_require`
  yield* sql`alter table etl_checkpoints drop column gained`
  yield* sql`
    insert into users (email, updated, migrated_at, file_id, byte_offset) values ('a@example.com', false, now(), 1, 0)`
})

const shape = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  return {
    columns: yield* sql`
      select attname as name, atttypid::regtype::text as type, attnotnull as "notNull" from pg_attribute
      where attrelid = 'users'::regclass and attnum > 0 and not attisdropped order by attnum`,
    rows: yield* sql`select xmin::text, ctid::text, pg_relation_filenode('users') as file, email from users`,
    migrations: yield* sql`select name from etl_migrations order by migration_id`,
  }
})

layer(native, { timeout: "60 seconds" })("the migration to extra", (it) => {
  it.effect("adds a column and writes no row", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      yield* before
      const old = yield* shape
      yield* migrate
      const { columns, rows } = yield* shape
      assert.deepStrictEqual(columns, [...old.columns, { name: "extra", type: "jsonb", notNull: false }])
      assert.deepStrictEqual(rows, old.rows)
      assert.deepStrictEqual(yield* sql`select extra from users`, [{ extra: null }])
    }),
  )

  it.effect("uses a column of that name and type, with what it has", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      yield* before
      yield* sql`alter table users add column extra jsonb`
      yield* sql`update users set extra = '{"a": [1]}'`
      const old = yield* shape
      yield* migrate
      assert.deepInclude(yield* shape, { columns: old.columns, rows: old.rows })
    }),
  )

  it.effect("refuses a column of that name that must have a value: most records have none", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      yield* before
      yield* sql`alter table users add column extra jsonb not null default '{}'`
      const old = yield* shape
      const { message } = yield* Effect.flip(migrate)
      assert.strictEqual(
        message,
        "The column extra of the table users must have a value, and most records have none. Nothing was changed. Drop its NOT NULL, then try again.",
      )
      assert.deepStrictEqual(yield* shape, old)
    }),
  )

  for (const type of ["json", "text"]) {
    it.effect(`refuses a column of that name that is ${type}, by its name, and changes nothing`, () =>
      Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        yield* before
        yield* sql.unsafe(`alter table users add column extra ${type}`)
        const old = yield* shape
        const { message } = yield* Effect.flip(migrate)
        assert.strictEqual(
          message,
          `The column extra of the table users is ${type}, and jsonb is needed. Nothing was changed. Change its type, then try again.`,
        )
        assert.deepStrictEqual(yield* shape, old)
      }),
    )
  }
})
