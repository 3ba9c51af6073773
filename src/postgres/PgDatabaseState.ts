// The state of our tables and of the quota, in PostgreSQL.

import { Effect, Layer } from "effect"
import { Database } from "../domain/Database.ts"
import { fromSqlError } from "../domain/DatabaseError.ts"
import { texts } from "./arrays.ts"
import { makeClient } from "./client.ts"
import { DatabaseState, type QuotaState, type TablesState } from "../repo/DatabaseState.ts"
import { leastServerVersion, migrations } from "./migrate.ts"
import { counts, holds } from "./locations/etlPermits.ts"

/** The rights that a run needs on each table. */
const rights: Readonly<Record<string, ReadonlyArray<string>>> = {
  // Each run locks it, which needs more than reading.
  etl_migrations: ["select", "update"],
  users: ["select", "insert", "update"],
  etl_runs: ["select", "insert", "update"],
  etl_files: ["select", "insert", "update"],
  etl_checkpoints: ["select", "insert", "update", "delete"],
  etl_parts: ["select", "insert", "delete"],
  etl_rejects: ["select", "insert", "update", "delete"],
  etl_bad_values: ["select", "insert", "update", "delete"],
  ip_locations: ["select", "insert", "update", "delete"],
  etl_permits: ["select", "insert", "update", "delete"],
}

const tableRights = Object.entries(rights).flatMap(([table, needed]) => needed.map((right) => ({ table, right })))

interface Server {
  readonly version: string
  readonly number: number
  readonly isReadOnly: boolean
  readonly schema: string | null
  readonly mayCreate: boolean | null
  readonly hasMigrations: boolean
  readonly mayReadMigrations: boolean | null
  readonly hasUsers: boolean
}

const make = Effect.gen(function* () {
  const sql = yield* makeClient

  /** The number of the last migration that has run; 0: none has. */
  const lastMigration = Effect.map(
    sql<{ last: number | null }>`select max(migration_id)::int as last from etl_migrations`,
    ([row]) => row!.last ?? 0,
  )

  const tables = Effect.gen(function* () {
    const [server] = yield* sql<Server>`
      select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
        pg_is_in_recovery() or current_setting('transaction_read_only')::boolean as "isReadOnly",
        current_schema() as schema, has_schema_privilege(current_schema(), 'create') as "mayCreate",
        to_regclass('etl_migrations') is not null as "hasMigrations", to_regclass('users') is not null as "hasUsers",
        has_table_privilege(to_regclass('etl_migrations'), 'select') as "mayReadMigrations"`
    const { hasMigrations, hasUsers, isReadOnly, mayCreate, mayReadMigrations, number, schema, version } = server!
    const names = Object.keys(migrations)
    // Where they cannot be read, that is what is wrong.
    const last = !hasMigrations ? 0 : mayReadMigrations === true ? yield* lastMigration : names.length
    const pending = names.slice(last)
    const granted = yield* sql<{ table: string; right: string; isGranted: boolean | null }>`
      select "table", "right", has_table_privilege(to_regclass("table"), "right") as "isGranted"
      from unnest(${texts(tableRights.map(({ table }) => table))}, ${texts(tableRights.map(({ right }) => right))})
        with ordinality as t ("table", "right", number)
      order by number`
    const isComplete = pending.length === 0
    return {
      version,
      isTooOld: number < leastServerVersion,
      isReadOnly,
      pending: isComplete ? undefined : { first: pending[0]!, count: pending.length },
      isNewer: last > names.length,
      hasForeignUsers: last === 0 && hasUsers,
      missing: isComplete
        ? [...new Set(granted.filter(({ isGranted }) => isGranted === null).map(({ table }) => table))]
        : [],
      lacking: [
        ...granted.filter(({ isGranted }) => isGranted === false).map(({ right, table }) => `${right} on ${table}`),
        ...(isComplete || mayCreate === true ? [] : [`create in ${schema === null ? "a schema" : `schema ${schema}`}`]),
      ],
    } satisfies TablesState
  })

  const quota = Effect.fn("DatabaseState.quota")(function* (provider: string) {
    const [table] = yield* sql<{ isThere: boolean }>`select to_regclass('etl_permits') is not null as "isThere"`
    if (!table!.isThere) return { permits: 0, exhaustedFor: 0 }
    const [state] = yield* sql.unsafe<QuotaState>(
      `with clock as materialized (select clock_timestamp() as now)
      select (count(*) filter (where ${counts("p", "interval '1 minute'")}))::int as permits,
        coalesce(max(extract(epoch from p.answered_at + p.resets_in - now) * 1000) filter (where ${holds("p")} and p.remaining = 0), 0)::float8 as "exhaustedFor"
      from etl_permits p cross join clock where p.provider = $1`,
      [provider],
    )
    return state!
  }, Effect.mapError(fromSqlError))

  return DatabaseState.of({
    name: (yield* Database).name,
    tables: tables.pipe(Effect.mapError(fromSqlError), Effect.withSpan("DatabaseState.tables")),
    quota,
  })
})

export const layer = Layer.effect(DatabaseState, make)
