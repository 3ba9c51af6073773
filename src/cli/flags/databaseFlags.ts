import { Option } from "effect"
import { type Command, Flag } from "effect/cli"
import { isCsvName } from "../../domain/SourceFile.ts"
import { check } from "../usage/CommandUsage.ts"
import { type FlagGroup, optional, withDefault } from "./documented.ts"
import { directory, file } from "./pathFlags.ts"

/** Where the embedded database is, unless a folder is named. */
export const embeddedDirectory = ".etl/pgdata"

/** Which database, and where the log goes: the same flags for every command. */
export const databaseFlags = {
  databaseUrl: optional(
    Flag.Redacted("database-url").pipe(Flag.withMetavar("URL")),
    "PostgreSQL server, postgresql://USER:PASSWORD@HOST:PORT/DATABASE",
    { environment: ["DATABASE_URL"] },
  ),
  embedded: optional(
    directory("embedded"),
    "Folder of the embedded PostgreSQL, which is used where no server is named",
    {
      unset: embeddedDirectory,
    },
  ),
  logfile: withDefault(
    file("logfile").pipe(
      Flag.filter(
        (path) => !isCsvName(path),
        () => "a file that no source has: neither a .csv nor a .csv.gz",
      ),
    ),
    "./etl.log",
    "File that the log is appended to, one JSON object a line",
  ),
}

export type DatabaseFlags = Command.Command.Config.Infer<typeof databaseFlags>

export const databaseGroup: FlagGroup = {
  title: "Database and log",
  flags: databaseFlags,
  note: "What the URL does not say, or all of it, may be in DB_HOST, DB_PORT, DB_USER, DB_PASS, DB_NAME, DB_SSLMODE and DB_SSLROOTCERT. Without any of them PGHOST, PGPORT, PGUSER or PGDATABASE choose a server, with PGPASSWORD, PGSSLMODE and PGSSLROOTCERT. A password that is not given is looked up in PGPASSFILE or ~/.pgpass. Other users of the machine see a --database-url in ps, not a variable.",
}

/** What the flags of the database must not be together. */
export const databaseChecks = [
  check<DatabaseFlags>()(["databaseUrl", "embedded"], ({ databaseUrl, embedded }) =>
    Option.isSome(databaseUrl) && Option.isSome(embedded)
      ? "--database-url and --embedded name two databases: give one of them."
      : undefined,
  ),
]
