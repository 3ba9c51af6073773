// Queries of a person to PostgreSQL, in a transaction that only reads.

import type { PgConnection } from "@effect/sql-pg"
import { Effect, Layer, Option, Redacted, Stream } from "effect"
import type { Connection } from "effect/sql/SqlConnection"
import { toDatabaseError } from "../../domain/DatabaseError.ts"
import { toJson } from "../../text/printable.ts"
import { parseStatement } from "../../domain/ReadingStatement.ts"
import { describeColumns } from "./answerColumns.ts"
import { isEmbedded, makeClient } from "../client.ts"
import { type QueryAnswer, type Cell, ReadOnlyQuery, StatementError } from "../../repo/ReadOnlyQuery.ts"
import { toStatementError } from "./statementError.ts"

/** Independent of the role's settings: plans for whole answers, and texts that keep every digit and byte. */
const settings = `select
  pg_catalog.set_config('cursor_tuple_fraction', '1', true),
  pg_catalog.set_config('bytea_output', 'hex', true),
  pg_catalog.set_config('extra_float_digits', '1', true)`

const roleQuery = `select current_user::text as role, rolsuper as "isSuperuser",
    pg_catalog.pg_has_role('pg_write_server_files', 'member')
      or pg_catalog.pg_has_role('pg_execute_server_program', 'member') as "writesFiles"
  from pg_catalog.pg_roles where rolname = current_user`

interface Role {
  readonly role: string
  readonly isSuperuser: boolean
  readonly writesFiles: boolean
}

const warnOfRole = Effect.fnUntraced(function* (connection: Connection) {
  const [found] = (yield* connection.execute(roleQuery, [], undefined)) as ReadonlyArray<Role>
  if (found === undefined || !(found.isSuperuser || found.writesFiles)) return
  const what = found.isSuperuser ? "is a superuser" : "may write files on the server, or run programs there"
  yield* Effect.logWarning(
    `The role ${found.role} ${what}: functions that a statement calls have the same rights. Use a role that only reads.`,
  )
})

/** The answer to SHOW or EXPLAIN, which has few rows. */
const answerOf = ({ fields, rows }: PgConnection.Result): QueryAnswer => ({
  columns: fields.map(({ name }) => ({ name, isNumber: false })),
  rows: Stream.fromIterable(
    rows.map((row) =>
      fields.map(({ name }): Cell => (typeof row[name] === "string" ? row[name] : { json: toJson(row[name]) })),
    ),
  ),
})

const make = Effect.gen(function* () {
  const sql = yield* makeClient
  const hasRoles = !(yield* isEmbedded)
  let asked = 0

  /** A transaction that may not write, until the scope closes. */
  const transaction = Effect.gen(function* () {
    const connection = yield* sql.reserve
    yield* Effect.addFinalizer(() => Effect.ignore(connection.executeRaw("rollback", [])))
    yield* connection.executeRaw("begin read only", [])
    // A query: after the first one the transaction cannot be changed to one that writes.
    yield* connection.executeRaw(settings, [])
    if (hasRoles) yield* warnOfRole(connection)
    return connection
  }).pipe(Effect.mapError(toDatabaseError))

  /** Sends a text that ends with the statement. */
  const send = (connection: Connection, sent: string, statement: string) =>
    Effect.mapError(connection.executeRaw(sent, []), toStatementError(statement, sent))

  /** Opens a cursor: PostgreSQL accepts SELECT, VALUES, TABLE and WITH that only read, and refuses all else. */
  const declaring = (name: string, query: string) => `declare ${name} no scroll cursor for ${query}`

  const query = Effect.fnUntraced(function* (connection: Connection, text: string) {
    // Nothing is read from this cursor: it shows whether the statement is accepted, and its columns. Its name is
    // unique, as the client caches the columns of each text that it has sent.
    const described = `etl_columns_${(asked += 1)}`
    yield* send(connection, declaring(described, text), text)
    const { fields } = (yield* connection.executeRaw(`fetch 0 from ${described}`, [])) as PgConnection.Result
    yield* connection.executeRaw(`close ${described}`, [])
    const { cell, columns, longest, names, rowsAtOnce, texts } = describeColumns(fields)

    const source = `(${text.replace(/[;\s]+$/, "")}\n) as answer${names.length === 0 ? "" : `(${names.join(", ")})`}`
    yield* connection.executeRaw(declaring("etl_rows", `select ${texts.join(", ")} from ${source}`), []).pipe(
      Effect.mapError((error) => {
        const failure = toStatementError(text)(error)
        if (failure.sqlState !== "42601") return failure
        const message = "Remove the statement's semicolon, and what follows it."
        return new StatementError({ message, said: Redacted.make(message), sqlState: failure.sqlState })
      }),
    )

    let count = 0
    let isCutLogged = false
    const fetch = Effect.gen(function* () {
      const rows = (yield* connection.executeValuesUnprepared(
        `fetch ${rowsAtOnce} from etl_rows`,
        [],
      )) as ReadonlyArray<ReadonlyArray<string | null>>
      let cut: string | undefined
      const cells = rows.map((row) => {
        count += 1
        return row.map((text, index) => {
          const [value, isCut] = cell(index, text)
          if (isCut) cut ??= `${columns[index]!.name} of row ${count}`
          return value
        })
      })
      if (cut !== undefined && !isCutLogged) {
        isCutLogged = true
        yield* Effect.logWarning(
          `Values of more than ${longest} characters are cut, the first in column ${cut}. Select parts of them, for example with substr.`,
        )
      }
      return [cells, rows.length < rowsAtOnce ? Option.none() : Option.some(undefined)] as const
    })
    return {
      columns,
      rows: Stream.paginate(undefined, () => fetch).pipe(Stream.mapError(toStatementError(text))),
    } satisfies QueryAnswer
  })

  return ReadOnlyQuery.of({
    ask: Effect.fn("ReadOnlyQuery.ask")(function* (statement: string) {
      const reading = parseStatement(statement)
      const connection = yield* transaction
      if (reading._tag === "Query") {
        return yield* Effect.mapError(query(connection, reading.text), toStatementError(statement))
      }
      if (reading._tag === "Explain" && reading.query !== undefined) {
        yield* send(connection, declaring("etl_explained", reading.query), statement)
      }
      return answerOf((yield* send(connection, reading.text, statement)) as PgConnection.Result)
    }),
  })
})

export const layer = Layer.effect(ReadOnlyQuery, make)
