import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { PostgresServer } from "../utils/postgres.ts"
import { query, timed } from "./program.ts"

// What somebody does by hand who knows PostgreSQL: psql copies the file into a temporary table, and one statement merges
// it. The table has the columns and indexes of ours; the latest record wins.

/** The columns of the file, in its order. */
const types = {
  source_id: "text",
  first_name: "text",
  last_name: "text",
  email: "text",
  gender: "text",
  ip_address: "inet",
  created_at: "date",
  updated_at: "text",
  password: "text",
  status: "boolean",
}
const names = Object.keys(types)
const columns = names.join(", ")
const others = names.filter((column) => column !== "email")
const email = "lower(btrim(email))"
const cleaning: Readonly<Record<string, string>> = {
  email,
  ip_address: "host(ip_address)",
  updated_at: "updated_at::date",
}
const cleaned = names.map((column) => cleaning[column] ?? column).join(", ")

const script = (file: string): string => `
set timezone = 'UTC';
begin;
create temp table incoming (
  ${Object.entries(types)
    .map(([name, type]) => `${name} ${type}`)
    .join(", ")}, position bigint generated always as identity
) on commit drop;
\\copy incoming (${columns}) from '${file}' with (format csv, header)
insert into expert_users as u (${columns}, updated_instant, updated, migrated_at, file_id, byte_offset)
select distinct on (${email}) ${cleaned}, updated_at::timestamptz, false, now(), 1, position
from incoming order by ${email}, updated_at::timestamptz desc nulls last, position desc
on conflict (email) do update set ${others.map((column) => `${column} = excluded.${column}`).join(", ")},
  updated_instant = excluded.updated_instant, updated = true, migrated_at = now(), file_id = excluded.file_id, byte_offset = excluded.byte_offset
where coalesce(excluded.updated_instant, '-infinity') >= coalesce(u.updated_instant, '-infinity');
commit;`

export const createTable = (server: PostgresServer, database: string) =>
  query(server, database, "create table expert_users (like users including all)")

/** Loads the file by psql; gives the seconds from the process's start to its end. `directory`: where its script goes. */
export const load = Effect.fnUntraced(function* (
  server: PostgresServer,
  database: string,
  file: string,
  directory: string,
) {
  const scriptFile = join(directory, "expert.sql")
  writeFileSync(scriptFile, script(file))
  const { host, password, port, username } = server
  return yield* timed("psql", ["--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--file", scriptFile], {
    env: {
      PATH: process.env["PATH"],
      PGHOST: host,
      PGPORT: String(port),
      PGUSER: username,
      PGPASSWORD: password,
      PGDATABASE: database,
    },
  })
})

/** The same for two tables whose file columns, and instants, are equal. */
export const digest = (server: PostgresServer, database: string, table: "users" | "expert_users") =>
  Effect.map(
    query(
      server,
      database,
      `select sum(hash_record_extended(row (${columns}, updated_instant), 0))::text as digest from ${table}`,
    ),
    ([row]) => String(row!["digest"]),
  )
