// The flags of every command that select the database and the log file.

import { Option } from "effect"
import { type Command, Flag } from "effect/cli"
import { isCsvName } from "../../domain/fileName.ts"
import { check } from "../usage/CommandUsage.ts"
import { type FlagGroup, optional, withDefault } from "./documented.ts"
import { directory, file } from "./pathFlags.ts"

/** Where the embedded database is by default. */
export const embeddedDirectory = ".etl/pgdata"

export const databaseFlags = {
  databaseUrl: optional(
    Flag.Redacted("database-url").pipe(Flag.withMetavar("URL")),
    "PostgreSQL server, postgresql://USER:PASSWORD@HOST:PORT/DATABASE",
    { environment: ["DATABASE_URL"] },
  ),
  embedded: optional(directory("embedded"), "Folder of the embedded PostgreSQL, used if no server is named", {
    unset: embeddedDirectory,
  }),
  logfile: withDefault(
    file("logfile").pipe(
      Flag.filter(
        (path) => !isCsvName(path),
        () => "a file name other than those of CSV files, such as etl.log",
      ),
    ),
    "./etl.log",
    "Log file, appended to, one JSON object per line",
  ),
}

export type DatabaseFlags = Command.Command.Config.Infer<typeof databaseFlags>

export const databaseGroup: FlagGroup = {
  title: "Database and log",
  flags: databaseFlags,
  note: "Instead of the URL, or for what it omits, set DB_HOST, DB_PORT, DB_USER, DB_PASS, DB_NAME, DB_SSLMODE and DB_SSLROOTCERT. Without any of them, PGHOST, PGPORT, PGUSER or PGDATABASE select a server, with PGPASSWORD, PGSSLMODE and PGSSLROOTCERT. A missing password is looked up in PGPASSFILE or ~/.pgpass. Other users of the machine can see --database-url in ps, but not variables.",
}

export const databaseChecks = [
  check<DatabaseFlags>()(["databaseUrl", "embedded"], ({ databaseUrl, embedded }) =>
    Option.isSome(databaseUrl) && Option.isSome(embedded)
      ? "--database-url and --embedded name two databases: give one of them."
      : undefined,
  ),
]
