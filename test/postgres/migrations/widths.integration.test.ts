import { PgClient } from "@effect/sql-pg"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Logger, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { SqlError } from "effect/sql/SqlError"
import { sqlState } from "../../../src/domain/DatabaseError.ts"
import { defaultWidths } from "../../../src/domain/Widths.ts"
import { makeClient } from "../../../src/postgres/client.ts"
import migration from "../../../src/postgres/migrations/0013_widths.ts"
import { UserRepo } from "../../../src/repo/UserRepo.ts"
import { embedded, native, repos } from "../../utils/repos.ts"
import { tries } from "../../utils/tries.ts"

const listening = (lines: Array<string>) => Logger.layer([Logger.make(({ message }) => lines.push(String(message)))])

/** Does what an upgrade does, and returns what it logs. */
const migrate = Effect.gen(function* () {
  const lines: Array<string> = []
  yield* migration.pipe(Effect.provideServiceEffect(SqlClient.SqlClient, makeClient), Effect.provide(listening(lines)))
  return lines
})

const types = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  return yield* sql<{ name: string; type: string }>`
    select attname as name, replace(format_type(atttypid, atttypmod), 'character varying', 'varchar') as type
    from pg_attribute where attrelid = 'users'::regclass and attname in ('gender', 'password') order by 1`.pipe(
    Effect.map((rows) => rows.map(({ type }) => type)),
  )
})

/** Runs in a transaction that is rolled back: the next case finds the table as it was. */
const undone = <E, R>(effect: Effect.Effect<void, E, R>) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    yield* sql.withTransaction(Effect.andThen(effect, Effect.fail("undo" as const))).pipe(
      Effect.catchIf(
        (error) => error === "undo",
        () => Effect.void,
      ),
    )
  })

/** The table of an earlier version, with something of a person's own. */
const earlier = Effect.fnUntraced(function* (...own: ReadonlyArray<string>) {
  const sql = yield* PgClient.PgClient
  yield* sql`alter table users alter column gender type varchar(16), alter column password type varchar(64)`
  for (const statement of own) yield* sql.unsafe(statement)
})

const trigger = `create function f() returns trigger language plpgsql as 'begin return new; end'`

const change = (column: string) =>
  `alter table public.users alter column ${column} type varchar(${column === "gender" ? 64 : 255})`

/** What a person may have, and what is logged of the column gender. */
const obstacles: Readonly<Record<string, readonly [own: ReadonlyArray<string>, reason: string]>> = {
  "a view": [
    ["create view w as select gender from users"],
    'cannot alter type of a column used by a view or rule (rule _RETURN on view w depends on column "gender")',
  ],
  "a materialized view": [
    ["create materialized view w as select id from users where gender = 'x'"],
    'cannot alter type of a column used by a view or rule (rule _RETURN on materialized view w depends on column "gender")',
  ],
  "a generated column": [
    ["alter table users add column g text generated always as (upper(gender)) stored"],
    'cannot alter type of a column used by a generated column (Column "gender" is used by generated column "g".)',
  ],
  "a trigger of the column": [
    [trigger, "create trigger t before update of gender on users for each row execute function f()"],
    'cannot alter type of a column used in a trigger definition (trigger t on table users depends on column "gender")',
  ],
  "a policy": [
    ["create policy p on users using (gender = 'x')"],
    'cannot alter type of a column used in a policy definition (policy p on table users depends on column "gender")',
  ],
  "a function": [
    ["create function f() returns bigint begin atomic select count(*) from users where gender = 'x'; end"],
    'cannot alter type of a column used by a function or procedure (function f() depends on column "gender")',
  ],
  "an index of an expression": [
    ["create index lower_gender on users (lower(gender))"],
    "PostgreSQL would lock the table to build an index again (lower_gender)",
  ],
  "indexes with a condition": [
    ["create index a on users (email) where gender = 'x'", "create index b on users (gender) where id > 9"],
    "PostgreSQL would lock the table to build an index again (a, b)",
  ],
}

/** What a person may have that does not matter. */
const harmless: Readonly<Record<string, ReadonlyArray<string>>> = {
  "an index": ["create index i on users (gender, password)"],
  "a check constraint": [
    "alter table users add check (gender in ('female', 'male')), add check (length(password) > 8)",
  ],
  "a foreign key": [
    "create table g (name varchar(16) primary key)",
    "alter table users add foreign key (gender) references g",
  ],
  statistics: ["create statistics s on gender, password from users"],
  "a default": ["alter table users alter column gender set default 'unknown'"],
  "a trigger of all columns": [trigger, "create trigger t before update on users for each row execute function f()"],
  "a view of other columns": ["create view w as select id, email from users"],
  "an index of other columns": ["create index i on users (lower(first_name)) where id > 9"],
}

for (const [database, client] of [
  ["a server", native],
  ["an embedded database", embedded],
] as const) {
  layer(repos<unknown>(client))(`the widths of users, in ${database}`, (it) => {
    it.effect("a new table has room", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* types, ["varchar(64)", "varchar(255)"])
        assert.deepStrictEqual(yield* (yield* UserRepo).widths!, defaultWidths)
        assert.deepStrictEqual(yield* migrate, [])
      }),
    )

    it.effect.each(Object.entries(obstacles))(
      "%s keeps its column, which is reported; the other is widened",
      ([, obstacle]) =>
        undone(
          Effect.gen(function* () {
            const sql = yield* PgClient.PgClient
            const [own, reason] = obstacle
            yield* earlier(...own)
            assert.deepStrictEqual(yield* migrate, [
              `The column gender of the table users stays varchar(16): ${reason}. Longer values are rejected. To widen it, drop what uses it, run this, and create it again: ${change("gender")}`,
            ])
            assert.deepStrictEqual(yield* types, ["varchar(16)", "varchar(255)"])
            // The transaction goes on.
            yield* sql`insert into users (email, updated, migrated_at, file_id, byte_offset) values ('a', false, now(), 0, 0)`
          }),
        ),
    )

    it.effect("a view of both keeps both, and each is reported", () =>
      undone(
        Effect.gen(function* () {
          const sql = yield* PgClient.PgClient
          yield* earlier("create view w as select * from users")
          const lines = yield* migrate
          assert.deepStrictEqual(yield* types, ["varchar(16)", "varchar(64)"])
          assert.deepStrictEqual(
            lines.map((line) => line.slice(line.indexOf("again: ") + "again: ".length)),
            [change("gender"), change("password")],
          )
          yield* sql`drop view w`
          for (const line of lines) yield* sql.unsafe(line.slice(line.indexOf("again: ") + "again: ".length))
          assert.deepStrictEqual(yield* types, ["varchar(64)", "varchar(255)"])
        }),
      ),
    )

    it.effect.each(Object.entries(harmless))("%s does not matter, and nothing is written again", ([, own]) =>
      undone(
        Effect.gen(function* () {
          const sql = yield* PgClient.PgClient
          yield* earlier(...own)
          yield* sql`
            insert into users (email, updated, migrated_at, file_id, byte_offset) values ('a', false, now(), 0, 0)`
          const files = sql`
            select relname, pg_relation_filenode(oid) from pg_class
            where oid = 'users'::regclass or oid in (select indexrelid from pg_index where indrelid = 'users'::regclass)
            order by 1`
          const before = yield* files
          assert.isAbove(before.length, 3)
          assert.deepStrictEqual(yield* migrate, [])
          assert.deepStrictEqual(yield* types, ["varchar(64)", "varchar(255)"])
          assert.deepStrictEqual(yield* files, before)
        }),
      ),
    )

    it.effect("a table that has its columns from another one is reported", () =>
      undone(
        Effect.gen(function* () {
          yield* earlier("alter table users rename to people", "create table users () inherits (people)")
          const lines = yield* migrate
          assert.strictEqual(lines.length, 2)
          assert.include(lines[0], 'stays varchar(16): cannot alter inherited column "gender". Longer')
        }),
      ),
    )

    it.effect("a column that is not there is left alone", () =>
      undone(
        Effect.gen(function* () {
          yield* earlier("alter table users drop column gender")
          assert.deepStrictEqual(yield* migrate, [])
          assert.deepStrictEqual(yield* types, ["varchar(255)"])
        }),
      ),
    )

    it.effect("another error of PostgreSQL fails the migration", () =>
      undone(
        Effect.gen(function* () {
          const sql = yield* PgClient.PgClient
          yield* sql`create role visitor`
          yield* earlier("grant select on users to visitor", "set local role visitor")
          const error = yield* Effect.flip(sql.withTransaction(migrate))
          assert.strictEqual(error instanceof SqlError && sqlState(error), "42501")
        }),
      ),
    )

    const length = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 400 }))
    const Type = Schema.Struct({
      length,
      name: Schema.Literals(["varchar", "varchar", "text", "character varying", "char", "narrow"]),
    })
    const hasLength = (name: string) => name === "varchar" || name === "char"
    it.effect.prop(
      "varchar columns have room, others stay, and the repository tells what each takes",
      { gender: Type, password: Type },
      ({ gender, password }) =>
        undone(
          Effect.gen(function* () {
            const sql = yield* PgClient.PgClient
            yield* sql`create domain narrow as varchar(7)`
            for (const [column, { length, name }] of Object.entries({ gender, password })) {
              const type = hasLength(name) ? `${name}(${length})` : name
              yield* sql.unsafe(`alter table users alter column ${column} type ${type}`)
            }
            const before = yield* types
            yield* migrate
            const after = yield* types
            const { widths } = yield* UserRepo
            const { gender: genderWidth, password: passwordWidth, ...others } = yield* widths!
            assert.deepStrictEqual(others, { source_id: 64, first_name: 80, last_name: 80 })
            for (const [index, [type, room, width]] of [
              [gender, 64, genderWidth] as const,
              [password, 255, passwordWidth] as const,
            ].entries()) {
              if (type.name !== "varchar") assert.strictEqual(after[index], before[index])
              else assert.strictEqual(after[index], `varchar(${Math.max(type.length, room)})`)
              const expected = { varchar: Math.max(type.length, room), text: null, "character varying": null }
              assert.strictEqual(width, (expected as Record<string, number | null | undefined>)[type.name])
            }
          }),
        ),
      { arbitrary: { runs: tries(25, 200) } },
    )
  })
}

const pythonTable = Layer.effectDiscard(
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    yield* sql`
      create table users (
        id serial primary key, first_name varchar(50), last_name varchar(50), email varchar(100), gender varchar(16),
        ip_address varchar(20), created_at timestamp, updated_at timestamp, password varchar(60), status boolean,
        latitude double precision, longitude double precision, country varchar(64), region varchar(64),
        city varchar(64), timezone varchar(64), isp_name varchar(128), updated boolean
      )`
    yield* sql`create view genders as select gender, count(*) from users group by 1`
  }),
)

const lines: Array<string> = []
layer(repos(Layer.provideMerge(pythonTable, native)).pipe(Layer.provide(listening(lines))))(
  "an adopted table with a view of gender",
  (it) => {
    it.effect("has room where the view allows it, and keeps the other width", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* types, ["varchar(16)", "varchar(255)"])
        assert.strictEqual(lines.length, 1)
        assert.include(lines[0], "on view genders")
        const { widths } = yield* UserRepo
        assert.deepInclude(yield* widths!, { gender: 16, password: 255, first_name: 80 })
      }),
    )
  },
)
