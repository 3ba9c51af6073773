import { PgClient } from "@effect/sql-pg"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as Migrations from "../../../src/postgres/migrate.ts"
import { native } from "../../utils/repos.ts"

/** The tables as they were before the column, with a row. */
const before = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  yield* sql`drop schema public cascade`
  yield* sql`create schema public`
  yield* migrate
  yield* sql`alter table users drop column updated_instant`
  yield* sql`delete from etl_migrations where migration_id >= 14`
  // What the migrations after it have made.
  yield* sql`drop table etl_bad_values`
  yield* sql`drop function etl_require`
  yield* sql`alter table etl_checkpoints drop column gained`
  for (const table of ["etl_runs", "etl_files", "etl_checkpoints"]) {
    yield* sql`alter table ${sql(table)} drop column blanked`
  }
  yield* sql`
    insert into users (email, updated_at, updated, migrated_at, file_id, byte_offset)
    values ('a@example.com', '2020-01-01', false, now(), 1, 0)`
})

const migrate = Effect.scoped(Layer.build(Layer.fresh(Migrations.layer)))

const shape = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  return {
    columns: yield* sql`
      select attname as name, atttypid::regtype::text as type from pg_attribute
      where attrelid = 'users'::regclass and attnum > 0 and not attisdropped order by attnum`,
    rows: yield* sql`select xmin::text, ctid::text, pg_relation_filenode('users') as file, users::text as row from users`,
    migrations: yield* sql`select name from etl_migrations order by migration_id`,
  }
})

layer(native, { timeout: "60 seconds" })("the migration to instants", (it) => {
  it.effect("adds a column and writes no row", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      yield* before
      const old = yield* shape
      yield* migrate
      const { columns, rows } = yield* shape
      assert.deepStrictEqual(columns, [...old.columns, { name: "updated_instant", type: "timestamp with time zone" }])
      assert.deepStrictEqual(
        rows.map(({ row: _, ...version }) => version),
        old.rows.map(({ row: _, ...version }) => version),
      )
      assert.deepStrictEqual(yield* sql`select updated_instant from users`, [{ updated_instant: null }])
    }),
  )

  it.effect("uses a column of that name and type, with what it has", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      yield* before
      yield* sql`alter table users add column updated_instant timestamptz`
      yield* sql`update users set updated_instant = '2020-01-01 10:30Z'`
      const old = yield* shape
      yield* migrate
      assert.deepInclude(yield* shape, { columns: old.columns, rows: old.rows })
    }),
  )

  it.effect("refuses a column of that name that must have a value: most records have none", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      yield* before
      yield* sql`alter table users add column updated_instant timestamptz not null default now()`
      const old = yield* shape
      const { message } = yield* Effect.flip(migrate)
      assert.strictEqual(
        message,
        "The column updated_instant of the table users must have a value, and most records have none. Nothing was changed. Drop its NOT NULL, then try again.",
      )
      assert.deepStrictEqual(yield* shape, old)
    }),
  )

  for (const type of ["timestamp without time zone", "date", "text"]) {
    it.effect(`refuses a column of that name that is ${type}, by its name, and changes nothing`, () =>
      Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        yield* before
        yield* sql.unsafe(`alter table users add column updated_instant ${type}`)
        const old = yield* shape
        const { message } = yield* Effect.flip(migrate)
        assert.strictEqual(
          message,
          `The column updated_instant of the table users is ${type}, and timestamp with time zone is needed. Nothing was changed. Change its type, then try again.`,
        )
        assert.deepStrictEqual(yield* shape, old)
      }),
    )
  }
})
