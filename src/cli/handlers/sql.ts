// `etl sql`: runs one read-only statement and prints its rows.

import { Effect, Layer, Redacted } from "effect"
import { beginsAsReading } from "../../domain/ReadingStatement.ts"
import { forPerson } from "../../observability/Logging.ts"
import * as PgReadOnlyQuery from "../../postgres/sql/PgReadOnlyQuery.ts"
import { ReadOnlyQuery, type StatementError } from "../../repo/ReadOnlyQuery.ts"
import { StatementRefused, UsageError } from "../CommandError.ts"
import type { SqlFlags } from "../commands/sql.ts"
import { logEnd } from "../Defect.ts"
import { existingDatabase, withOptionalLog } from "../layers.ts"
import { makeCsv, makeJson, makeTable } from "../output/answerFormat.ts"
import { printAnswer } from "../output/printAnswer.ts"
import { stdoutClosed } from "../output/stdoutClosed.ts"

export const layer = (flags: SqlFlags) =>
  PgReadOnlyQuery.layer.pipe(Layer.provide(existingDatabase(flags)), withOptionalLog(flags))

/** SQLSTATEs of a statement that is invalid or would write; P0: of the functions that it calls. */
const aboutStatement = /^(08P01|0A|2[126]|42|P0)/
const readOnly = new Set(["25001", "25006"])
const syntaxError = "42601"

const doesNotWrite = " etl sql is read-only."
const whatReads =
  " etl sql is read-only: SELECT, VALUES, TABLE, WITH, SHOW, and EXPLAIN, which executes only what reads."

/** Exits 2 where the statement is wrong, else 6. */
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
      message: `--json: two columns are named ${twice}. Rename one (... as name), or use --csv.`,
    })
  }
  if (json) return yield* printAnswer(answer, makeJson(answer.columns))
  const format = csv ? makeCsv(answer.columns, process.stdout.isTTY) : makeTable(answer.columns)
  yield* printAnswer(answer, yield* format)
}, Effect.scoped)

export const handler = Effect.fn("sql")(
  (flags: SqlFlags) =>
    Effect.raceFirst(answer(flags), stdoutClosed).pipe(
      Effect.catchTag("StatementError", (error) => refuse(flags.statement, error)),
    ),
  logEnd,
)
