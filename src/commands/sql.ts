import { Effect, type Layer } from "effect"
import { Argument, Command } from "effect/cli"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import { beginsAsReading } from "../domain/ReadingStatement.ts"
import { ReadOnlyQuery } from "../repo/ReadOnlyQuery.ts"
import { UsageError } from "./CommandError.ts"
import { check, withUsage } from "./CommandUsage.ts"
import { logEnd } from "./Defect.ts"
import { databaseChecks, databaseFlags, databaseGroup } from "./databaseFlags.ts"
import { toggle } from "./documented.ts"
import { plainExitCodes } from "./exitCodes.ts"
import { readerGone } from "./readerGone.ts"

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

/** What PostgreSQL says of a statement that is wrong, or that would write. */
const aboutStatement = /^(08P01|0A|22|26|42)/
const readOnly = new Set(["25001", "25006"])
const syntaxError = "42601"

/** What is wrong with the statement is the person's to correct. */
const explainError = (statement: string) => (error: DatabaseError) => {
  if (readOnly.has(error.sqlState ?? ""))
    return new UsageError({ message: "etl sql reads only: it does not run what writes" })
  if (error.sqlState === syntaxError && !beginsAsReading(statement)) {
    return new UsageError({
      message: `${error.message} etl sql reads only: SELECT, VALUES, TABLE, WITH, SHOW, and EXPLAIN, which executes only what reads.`,
    })
  }
  return aboutStatement.test(error.sqlState ?? "") ? new UsageError({ message: error.message }) : error
}

const answer = Effect.fnUntraced(function* ({ csv, json, statement }: SqlFlags) {
  const answer = yield* (yield* ReadOnlyQuery).ask(statement)
  const names = answer.columns.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    return yield* new UsageError({
      message: `two columns are called ${twice}; name one of them otherwise: ... as name`,
    })
  }
  const { makeCsv, makeJson, makeTable } = yield* Effect.promise(() => import("./answerFormat.ts"))
  const { printAnswer } = yield* Effect.promise(() => import("./printAnswer.ts"))
  if (json) return yield* printAnswer(answer, makeJson(answer.columns))
  const format = csv ? makeCsv(answer.columns, process.stdout.isTTY) : makeTable(answer.columns)
  yield* printAnswer(answer, yield* format)
}, Effect.scoped)

const execute = Effect.fn("sql")(
  (flags: SqlFlags) =>
    Effect.raceFirst(answer(flags), readerGone).pipe(
      Effect.catchTag("DatabaseError", (error) => Effect.fail(explainError(flags.statement)(error))),
    ),
  logEnd,
)

/** `etl sql`: asks the database that is configured, also the embedded one, which no other program can open. */
export const sql = <E>(services: (flags: SqlFlags) => Layer.Layer<ReadOnlyQuery, E>) =>
  Command.make("sql", sqlFlags, execute).pipe(
    Command.provide(services),
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
