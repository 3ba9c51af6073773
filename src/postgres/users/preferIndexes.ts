// Settings of the planner for the statements that write users.

import type { Effect } from "effect"
import type { Connection } from "effect/sql/SqlConnection"
import type { SqlError } from "effect/sql/SqlError"
import { texts } from "../arrays.ts"

/**
 * A table that grows during the load has no statistics yet: the planner would read all of it for each chunk. And it
 * would plan again for each, which takes longer than writing a hundred rows.
 */
const settings = {
  enable_hashjoin: "off",
  enable_mergejoin: "off",
  enable_seqscan: "off",
  plan_cache_mode: "force_generic_plan",
}

const names = Object.keys(settings)
  .map((name) => `'${name}'`)
  .join(", ")
const values = Object.entries(settings)
  .map(([name, value]) => `('${name}', '${value}')`)
  .join(", ")

/** Expressions that set them until the transaction ends. */
export const preferIndexes = Object.entries(settings)
  .map(([name, value]) => `set_config('${name}', '${value}', true)`)
  .join(", ")

/** What a session has set, by name. */
export type OwnSettings = ReadonlyArray<{ readonly name: string; readonly setting: string }>

/** Sets them until the session ends. The session had what it returns. */
export const keepIndexes = (connection: Connection): Effect.Effect<OwnSettings, SqlError> =>
  connection.execute(
    `with own as materialized (select name, setting from pg_settings where name in (${names}))
    select name, setting, set_config(name, value, false) from own join (values ${values}) as kept (name, value) using (name)`,
    [],
    undefined,
  )

/** Sets what the session had. */
export const forgetIndexes = (connection: Connection, own: OwnSettings): Effect.Effect<unknown, SqlError> =>
  connection.execute(
    "select set_config(name, setting, false) from unnest($1::text[], $2::text[]) as own (name, setting)",
    [texts(own.map(({ name }) => name)), texts(own.map(({ setting }) => setting))],
    undefined,
  )
