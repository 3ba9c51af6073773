import { Effect, type Layer, Redacted } from "effect"
import { Argument, Command } from "effect/cli"
import { beginsAsReading } from "../../domain/ReadingStatement.ts"
import { forPerson } from "../../observability/Logging.ts"
import { ReadOnlyQuery, type StatementError } from "../../repo/ReadOnlyQuery.ts"
import { StatementRefused, UsageError } from "../CommandError.ts"
import { check, withUsage } from "../usage/CommandUsage.ts"
import { logEnd } from "../Defect.ts"
import { databaseChecks, databaseFlags, databaseGroup } from "../flags/databaseFlags.ts"
import { toggle } from "../flags/documented.ts"
import { plainExitCodes } from "../usage/exitCodes.ts"
import { readerGone } from "../output/readerGone.ts"

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

/** What PostgreSQL says of a statement that is wrong, or that would write; P0: functions that it calls. */
const aboutStatement = /^(08P01|0A|2[126]|42|P0)/
const readOnly = new Set(["25001", "25006"])
const syntaxError = "42601"

const doesNotWrite = " etl sql reads only: it does not run what writes."
const whatReads = " etl sql reads only: SELECT, VALUES, TABLE, WITH, SHOW, and EXPLAIN, which executes only what reads."

/** What is wrong with the statement is the person's to correct. */
const refuse = Effect.fnUntraced(function* (statement: string, { message, said, sqlState }: StatementError) {
  const writes = readOnly.has(sqlState)
  const isOther = sqlState === syntaxError && !beginsAsReading(statement)
  const advice = writes ? doesNotWrite : isOther ? whatReads : ""
  yield* Effect.logError(forPerson(`${Redacted.value(said)}${advice}`, message))
  return yield* new StatementRefused({ code: writes || aboutStatement.test(sqlState) ? 2 : 6, message })
})

const answer = Effect.fnUntraced(function* ({ csv, json, statement }: SqlFlags) {
  const answer = yield* (yield* ReadOnlyQuery).ask(statement)
  const names = answer.columns.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (json && twice !== undefined) {
    return yield* new UsageError({
      message: `--json: two columns are called ${twice}, and names are keys. Rename one: ... as name; a table and --csv print both.`,
    })
  }
  const { makeCsv, makeJson, makeTable } = yield* Effect.promise(() => import("../output/answerFormat.ts"))
  const { printAnswer } = yield* Effect.promise(() => import("../output/printAnswer.ts"))
  if (json) return yield* printAnswer(answer, makeJson(answer.columns))
  const format = csv ? makeCsv(answer.columns, process.stdout.isTTY) : makeTable(answer.columns)
  yield* printAnswer(answer, yield* format)
}, Effect.scoped)

const execute = Effect.fn("sql")(
  (flags: SqlFlags) =>
    Effect.raceFirst(answer(flags), readerGone).pipe(
      Effect.catchTag("StatementError", (error) => refuse(flags.statement, error)),
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
