// `etl sql`: queries the configured database, also the embedded one, which no other program can open.

import { Argument, Command } from "effect/cli"
import { databaseChecks, databaseFlags, databaseGroup } from "../flags/databaseFlags.ts"
import { toggle } from "../flags/documented.ts"
import { lazyCommand } from "../lazyCommand.ts"
import { check, withUsage } from "../usage/CommandUsage.ts"
import { plainExitCodes } from "../usage/exitCodes.ts"

const formatFlags = {
  json: toggle("json", "Print a JSON array of rows"),
  csv: toggle("csv", "Print CSV with a header"),
}

const sqlFlags = {
  statement: Argument.String("statement").pipe(Argument.withDescription("One read-only SQL statement")),
  ...formatFlags,
  ...databaseFlags,
}

export type SqlFlags = Command.Command.Config.Infer<typeof sqlFlags>

const sqlChecks = [
  check<SqlFlags>()(["json", "csv"], ({ csv, json }) =>
    csv && json ? "--csv and --json cannot be combined." : undefined,
  ),
  ...databaseChecks,
]

export const sql = lazyCommand("sql", sqlFlags, () => import("../handlers/sql.ts")).pipe(
  Command.withDescription("Query the configured database, also the embedded one, with one read-only statement."),
  Command.withShortDescription("Query the database with one read-only statement"),
  Command.withExamples([
    { command: 'etl sql "select country, count(*) from users group by 1 order by 2 desc"', description: "A table" },
    { command: 'etl sql --csv "select * from users" > users.csv', description: "All users as CSV" },
  ]),
  withUsage({
    config: sqlFlags,
    groups: [{ title: "Output", flags: formatFlags }, databaseGroup],
    checks: sqlChecks,
    exitCodes: plainExitCodes,
  }),
)
