import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Schedule } from "effect"
import { Migrator, SqlClient } from "effect/sql"
import { SqlError } from "effect/sql/SqlError"
import { type Chunk, type Winner, winners } from "../domain/Chunk.ts"
import { DatabaseError, fromSqlError, sqlState } from "../domain/DatabaseError.ts"
import type { Location } from "../domain/Location.ts"
import type { Reject } from "../domain/Reject.ts"
import { addCounts, noRecords, type RecordCounts } from "../domain/RunSummary.ts"
import { userColumns } from "../domain/User.ts"
import { booleans, bytes, days, doubles, integers, texts } from "./arrays.ts"
import tables from "./migrations/0001_tables.ts"
import { AdoptionError } from "./migrations/adoptUsers.ts"
import * as PgLocationQueue from "./PgLocationQueue.ts"
import * as PgRunRepo from "./PgRunRepo.ts"
import { transaction } from "./transaction.ts"
import { placeColumns, upsertUsers } from "./upsertUsers.ts"
import { type LoadRef, UserRepo } from "./UserRepo.ts"

const runMigrations = Migrator.make({})({
  table: "etl_migrations",
  loader: Migrator.fromRecord({ "0001_tables": tables }),
})

const migrationError = (error: Migrator.MigrationError | SqlError): DatabaseError => {
  if (error._tag === "SqlError") return fromSqlError(error)
  const cause = error.cause
  if (cause instanceof SqlError) return fromSqlError(cause)
  const message = cause instanceof AdoptionError ? cause.message : error.message
  return new DatabaseError({ operation: "migrate", message, retryable: false })
}

/** The chunk's rows could not be classified and written in one go: another transaction wrote the same users. */
class Raced extends Error {
  readonly _tag = "Raced"
}

/** Serialization failures and deadlocks pass when the transaction is repeated. */
const isTransient = (error: SqlError | DatabaseError | Raced): boolean =>
  error._tag === "Raced" || (error._tag === "SqlError" && ["40001", "40P01"].includes(sqlState(error) ?? ""))

const byTransience = Schedule.exponential("20 millis").pipe(
  Schedule.jittered,
  Schedule.upTo({ times: 10 }),
  Schedule.setInputType<SqlError | DatabaseError | Raced>(),
  Schedule.while(({ input }) => isTransient(input)),
)

type UserCounts = Pick<RecordCounts, "inserted" | "updated" | "unchanged" | "stale">

/** A statement's arrays are copied several times on their way: rows of one, at most. */
const rowsOfStatement = 5_000

const make = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient

  const queueAddresses = Effect.fnUntraced(function* (addresses: ReadonlyArray<string>) {
    const queue = texts([...addresses].sort())
    yield* sql`
      insert into ip_locations (address) select address from unnest(${queue}) address order by address
      on conflict do nothing`
    // Locating locks the same rows before it touches users: either it sees this chunk's users, or they see its answer.
    yield* sql`select from ip_locations where address = any(${queue}) order by address for share`
  })

  const writeRows = Effect.fnUntraced(function* (
    fileId: number,
    rows: ReadonlyArray<Winner>,
    known: ReadonlyMap<string, Location>,
    hasQueue: boolean,
  ): Effect.fn.Return<UserCounts, SqlError | Raced> {
    const places = rows.map(({ user }) => (user.ip_address === null ? undefined : known.get(user.ip_address)))
    const [counts] = yield* sql.unsafe<UserCounts>(upsertUsers(hasQueue), [
      ...userColumns.map((column) => {
        if (column === "status") return booleans(rows.map(({ user }) => user.status))
        const values = rows.map(({ user }) => user[column])
        return column === "created_at" || column === "updated_at" ? days(values) : texts(values)
      }),
      ...placeColumns.map((column) =>
        column === "latitude" || column === "longitude"
          ? doubles(places.map((place) => place?.[column] ?? null))
          : texts(places.map((place) => place?.[column] ?? null)),
      ),
      integers(rows.map(({ byteOffset }) => byteOffset)),
      booleans(rows.map(({ differs }) => differs)),
      fileId,
    ])
    const { inserted, updated, unchanged, stale } = counts!
    if (inserted + updated + unchanged + stale !== rows.length) return yield* Effect.fail(new Raced())
    return counts!
  })

  const writeUsers = Effect.fnUntraced(function* (
    fileId: number,
    chunk: Chunk,
    known: ReadonlyMap<string, Location>,
    hasQueue: boolean,
  ) {
    const rows = winners(chunk.users)
    let total: RecordCounts = { ...noRecords, duplicate: chunk.users.length - rows.length }
    for (let start = 0; start < rows.length; start += rowsOfStatement) {
      const counts = yield* writeRows(fileId, rows.slice(start, start + rowsOfStatement), known, hasQueue)
      total = addCounts(total, { ...noRecords, ...counts })
    }
    return total
  })

  const writeRejects = (load: LoadRef, rejects: ReadonlyArray<Reject>) => sql`
    insert into etl_rejects (file_id, run_id, byte_offset, line, length, raw, reasons)
    select ${load.fileId}, ${load.runId}, byte_offset, line, length, raw, reasons::jsonb
    from unnest(
      ${integers(rejects.map(({ byteOffset }) => byteOffset))}, ${integers(rejects.map(({ line }) => line))},
      ${integers(rejects.map(({ length }) => length))}, ${bytes(rejects.map(({ raw }) => raw))},
      ${texts(rejects.map(({ reasons }) => JSON.stringify(reasons)))}
    ) as t (byte_offset, line, length, raw, reasons)`

  const moveCheckpoint = Effect.fnUntraced(function* (load: LoadRef, chunk: Chunk, counts: RecordCounts) {
    const moved = yield* sql`
      update etl_files set
        byte_offset = ${chunk.to.byteOffset}, line = ${chunk.to.line}, header = ${chunk.header},
        read = read + ${counts.read}, inserted = inserted + ${counts.inserted}, updated = updated + ${counts.updated},
        unchanged = unchanged + ${counts.unchanged}, stale = stale + ${counts.stale},
        duplicate = duplicate + ${counts.duplicate}, rejected = rejected + ${counts.rejected}
      where id = ${load.fileId} and load = ${load.load} and run_id = ${load.runId} and loaded_at is null
        and (byte_offset = ${chunk.from.byteOffset} or header is null)
      returning 1 as moved`
    if (moved.length === 0) {
      return yield* new DatabaseError({
        operation: "query",
        message: "The checkpoint has moved: another process loads this file. Wait until it is done, then run again.",
        retryable: false,
      })
    }
  })

  // A table that grows under the load has no statistics yet: the planner would read all of it for each chunk.
  const preferIndexes = sql`
    select set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
      set_config('enable_seqscan', 'off', true)`

  return UserRepo.of({
    migrate: runMigrations.pipe(
      Effect.provideService(SqlClient.SqlClient, sql),
      Effect.asVoid,
      Effect.mapError(migrationError),
      Effect.withSpan("UserRepo.migrate"),
    ),

    upsert: Effect.fn("UserRepo.upsert")(
      function* (load, chunk, { known, queue }) {
        yield* preferIndexes
        if (queue.length > 0) yield* queueAddresses(queue)
        const users = yield* writeUsers(load.fileId, chunk, known, queue.length > 0)
        const read = chunk.users.length + chunk.rejects.length
        const counts = { ...users, read, rejected: chunk.rejects.length }
        yield* moveCheckpoint(load, chunk, counts)
        if (chunk.rejects.length > 0) yield* writeRejects(load, chunk.rejects)
        return counts
      },
      (effect) => transaction(sql, effect),
      Effect.retry(byTransience),
      Effect.mapError((error) => {
        if (error._tag === "SqlError") return fromSqlError(error)
        if (error._tag === "DatabaseError") return error
        return new DatabaseError({
          operation: "query",
          message: "Other transactions keep writing the same users. Wait until they are done, then run again.",
          retryable: true,
        })
      }),
    ),
  })
})

/** `UserRepo`, `RunRepo` and `LocationQueue` in the PostgreSQL (13 or newer, or PGlite) of a `PgClient`. */
export const layer = Layer.mergeAll(Layer.effect(UserRepo, make), PgRunRepo.layer, PgLocationQueue.layer)
