// Connections that are kept while users are written, each with the planner's settings for that.

import type { PgClient } from "@effect/sql-pg"
import { Cause, Effect, Exit, Option, Pool, type Scope } from "effect"
import type { Connection } from "effect/sql/SqlConnection"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { sqlState } from "../domain/DatabaseError.ts"
import { isEmbedded, poolSize } from "./client.ts"
import { forgetIndexes, keepIndexes } from "./users/preferIndexes.ts"

/** A connection is given back so often: others of the pool may wait for one. */
const keptFor = "5 seconds"

/** One has the locks, one locates, one is for all other work. */
const leftToOthers = 3

/** Whether the server has answered the statement, and keeps the session. */
export const isAnswered = (error: SqlError): boolean => !/^(08|57P)/.test(sqlState(error) ?? "08")

const isGood = (exit: Exit.Exit<unknown, SqlError>): boolean =>
  Exit.isSuccess(exit) || Option.exists(Cause.findErrorOption(exit.cause), isAnswered)

/** Runs an effect with a connection that has the settings. */
export type WithConnection = <A>(
  use: (connection: Connection) => Effect.Effect<A, SqlError>,
) => Effect.Effect<A, SqlError>

/**
 * Undefined for the embedded database, which has one connection, and for a pool that has none to spare. A connection
 * that is lost is replaced by the next one that is asked for.
 */
export const makeWriterConnections = Effect.fnUntraced(function* (
  sql: SqlClient,
): Effect.fn.Return<WithConnection | undefined, never, PgClient.PgClient | Scope.Scope> {
  const size = (yield* isEmbedded) ? 0 : (yield* poolSize) - leftToOthers
  if (size < 1) return undefined
  const acquire = Effect.tap(sql.reserve, (connection) =>
    Effect.acquireRelease(keepIndexes(connection), (own) =>
      forgetIndexes(connection, own).pipe(
        // Nobody else gets it as it is. Where nothing is answered, the client closes it.
        Effect.catch(() => connection.execute("select pg_terminate_backend(pg_backend_pid())", [], undefined)),
        Effect.timeoutOption("5 seconds"),
        Effect.ignore,
      ),
    ),
  )
  const pool = yield* Pool.makeWithTTL({
    acquire,
    min: 0,
    max: size,
    timeToLive: keptFor,
    timeToLiveStrategy: "creation",
  })
  return (use) =>
    Pool.use(pool, (connection) =>
      Effect.onExit(use(connection), (exit) => (isGood(exit) ? Effect.void : Pool.invalidate(pool, connection))),
    )
})
