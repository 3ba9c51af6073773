import { Flag } from "effect/cli"
import { isCsvName } from "../source/Source.ts"

/** Which database: the same flags for every command. */
export const databaseFlags = {
  databaseUrl: Flag.Redacted("database-url").pipe(
    Flag.withDescription(
      "PostgreSQL server: postgres://user:password@host:port/database (or DATABASE_URL, or DB_USER, DB_PASS, DB_HOST, DB_PORT, DB_NAME)",
    ),
    Flag.optional,
  ),
  embedded: Flag.String("embedded").pipe(
    Flag.withDescription("Folder of the embedded PostgreSQL, used when no server is named (.etl/pgdata)"),
    Flag.withMetavar("DIR"),
    Flag.optional,
  ),
  logfile: Flag.String("logfile").pipe(
    Flag.filter(
      (path) => path !== "" && !isCsvName(path),
      (path) => `Expected: a file that is no source's, not ${JSON.stringify(path)}`,
    ),
    Flag.withDescription("File that the log is appended to, one JSON object a line"),
    Flag.withMetavar("FILE"),
    Flag.withDefault("./etl.log"),
  ),
}
