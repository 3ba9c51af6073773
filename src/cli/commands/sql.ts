// `etl sql`: asks the database that is configured, also the embedded one, which no other program can open.

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
  statement: Argument.String("statement").pipe(Argument.withDescription("One statement, which may only read")),
  ...formatFlags,
  ...databaseFlags,
}

export type SqlFlags = Command.Command.Config.Infer<typeof sqlFlags>

const sqlChecks = [
  check<SqlFlags>()(["json", "csv"], ({ csv, json }) =>
    csv && json ? "--csv and --json are two forms of the answer: give one of them." : undefined,
  ),
  ...databaseChecks,
]

export const sql = lazyCommand("sql", sqlFlags, () => import("../handlers/sql.ts")).pipe(
  Command.withDescription(
    "Ask the database that is configured, also the embedded one: one statement, which may only read.",
  ),
  Command.withShortDescription("Ask the database something: one statement, read-only"),
  Command.withExamples([
    { command: 'etl sql "select country, count(*) from users group by 1 order by 2 desc"', description: "A table" },
    { command: 'etl sql --csv "select * from users" > users.csv', description: "All users as CSV" },
  ]),
  withUsage({
    config: sqlFlags,
    groups: [{ title: "Answer", flags: formatFlags }, databaseGroup],
    checks: sqlChecks,
    exitCodes: plainExitCodes,
  }),
)
