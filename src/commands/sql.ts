import { Console, Effect, type Layer } from "effect"
import { Argument, Command } from "effect/cli"
import { plural } from "../domain/format.ts"
import { printable } from "../domain/printable.ts"
import { type QueryResult, ReadOnlyQuery } from "../repo/ReadOnlyQuery.ts"
import { UsageError } from "./CommandError.ts"
import { check, withUsage } from "./CommandUsage.ts"
import { logEnd } from "./Defect.ts"
import { databaseChecks, databaseFlags, databaseGroup } from "./databaseFlags.ts"
import { toggle } from "./documented.ts"
import { plainExitCodes } from "./exitCodes.ts"

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

/** A value as JSON has it; bytes as PostgreSQL writes them, numbers that JSON's readers would round as text. */
const jsonValue = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString("hex")}`
  if (typeof value !== "bigint") return value
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
}

/** A value as people read it; null is empty. */
const textValue = (value: unknown): string => {
  const json = jsonValue(value)
  if (json === null || json === undefined) return ""
  if (json instanceof Date) return json.toISOString()
  return typeof json === "object" ? JSON.stringify(json, (_, inner) => jsonValue(inner)) : String(json)
}

const isNumber = (value: unknown): boolean => typeof value === "number" || typeof value === "bigint"

/** An aligned table, numbers to the right. */
const formatRows = Effect.fnUntraced(function* ({ columns, rows }: QueryResult) {
  const { formatTable } = yield* Effect.promise(() => import("./table.ts"))
  const described = columns.map((name, index) => ({
    name: printable(name),
    isRight: rows.some((row) => isNumber(row[index])),
  }))
  const cells = rows.map((row) => row.map((value) => printable(textValue(value))))
  return [...formatTable(described, cells), plural(rows.length, "row")].join("\n")
})

const formatJson = ({ columns, rows }: QueryResult): string =>
  JSON.stringify(
    rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, jsonValue(row[index])]))),
    (_, value) => jsonValue(value),
    2,
  )

/** Values as they are: what reads them is no spreadsheet. */
const formatCsv = Effect.fnUntraced(function* ({ columns, rows }: QueryResult) {
  const { stringify } = yield* Effect.promise(() => import("csv-stringify/sync"))
  return stringify([[...columns], ...rows.map((row) => row.map(textValue))]).trimEnd()
})

/** What PostgreSQL says of a statement that is wrong, or that would write. */
const aboutStatement = /^(0A|22|26|42)/
const readOnly = "25006"

const execute = Effect.fn("sql")(function* ({ csv, json, statement }: SqlFlags) {
  const query = yield* ReadOnlyQuery
  const result = yield* query.run(statement).pipe(
    Effect.mapError((error) => {
      if (error.sqlState === readOnly)
        return new UsageError({ message: "etl sql reads only: it does not run what writes" })
      return aboutStatement.test(error.sqlState ?? "") ? new UsageError({ message: error.message }) : error
    }),
  )
  const twice = result.columns.find((column, index) => result.columns.indexOf(column) !== index)
  if (twice !== undefined) {
    return yield* new UsageError({
      message: `two columns are called ${twice}; name one of them otherwise: ... as name`,
    })
  }
  yield* Console.log(json ? formatJson(result) : yield* (csv ? formatCsv : formatRows)(result))
}, logEnd)

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
