// The SQL client of all repositories: a statement without an answer, or without a connection, fails after a time.

import { PgClient } from "@effect/sql-pg"
import { type Duration, Effect, Fiber, Option } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient } from "effect/sql"
import type { Connection } from "effect/sql/SqlConnection"
import { ConnectionError, SqlError } from "effect/sql/SqlError"
import { Database } from "../domain/Database.ts"
import { PoolExhausted } from "../domain/DatabaseError.ts"
import { laneCount } from "../domain/laneOf.ts"
import { silence } from "../repo/patience.ts"
import { withTransaction } from "./transaction.ts"

const noAnswer = new SqlError({ reason: new ConnectionError({ cause: new Error(`no answer for ${silence}`) }) })

/**
 * Fails where the effect takes longer, and interrupts it without waiting for that. In fibers of their own: so it holds
 * where nothing is interrupted.
 */
const within =
  (duration: Duration.Input, error: SqlError) =>
  <A, R>(effect: Effect.Effect<A, SqlError, R>): Effect.Effect<A, SqlError, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const running = yield* Effect.forkDetach(effect, { startImmediately: true })
        const limited = yield* Effect.forkDetach(
          Effect.timeoutOrElse(Fiber.join(running), { duration, orElse: () => Effect.fail(error) }),
          { startImmediately: true },
        )
        const exit = yield* restore(Fiber.await(limited)).pipe(Effect.onInterrupt(() => Fiber.interrupt(running)))
        if (running.pollUnsafe() === undefined) yield* Effect.forkDetach(Fiber.interrupt(running))
        return yield* exit
      }),
    )

const bounded = within(silence, noAnswer)

const boundedConnection = (connection: Connection): Connection => ({
  execute: (...statement) => bounded(connection.execute(...statement)),
  executeRaw: (...statement) => bounded(connection.executeRaw(...statement)),
  executeStream: (...statement) => connection.executeStream(...statement),
  executeValues: (...statement) => bounded(connection.executeValues(...statement)),
  executeValuesUnprepared: (...statement) => bounded(connection.executeValuesUnprepared(...statement)),
  executeUnprepared: (...statement) => bounded(connection.executeUnprepared(...statement)),
})

/**
 * Bounds the statements of a connection in place: `PgClient` sends COMMIT and ROLLBACK itself. One that is not answered
 * is interrupted then, which closes the connection; else the server would keep its transaction, and the locks.
 */
const boundStatements = (connection: Connection): void => {
  const unbounded = Object.assign(Object.create(Object.getPrototypeOf(connection) as object), connection) as Connection
  boundedInPlace.add(Object.assign(connection, boundedConnection(unbounded)))
}

const boundedInPlace = new WeakSet<Connection>()

/** Whether the database is the embedded one, which has only one connection. */
export const isEmbedded = Effect.map(Database, ({ kind }) => kind === "embedded")

/** The connections of a pool that sets no number: sql-pg's default. */
const defaultConnections = 10

const connectionsOf = ({ config }: PgClient.PgClient): number =>
  (config as PgClient.PgPoolConfig).maxConnections ?? defaultConnections

/** The connections of the pool. */
export const poolSize = Effect.map(PgClient.PgClient, connectionsOf)

/** How many connections may write at once: one of a server's holds the locks. */
export const writers = Effect.gen(function* () {
  return (yield* isEmbedded) ? 1 : Math.min((yield* poolSize) - 1, laneCount)
})

/** Longer than transactions of a run take. */
const poolPatience = "1 minute"

const makeExhausted = (connections: number): SqlError =>
  new SqlError({
    reason: new ConnectionError({
      cause: new PoolExhausted(
        `No connection of the pool was free for ${poolPatience}: all ${connections} are in use. Give PgClient more (maxConnections), or run less at once.`,
      ),
    }),
  })

/**
 * A statement that is not answered within `silence` fails as a lost connection does; where no connection of a server's
 * pool is free within a minute, it fails too. Its transactions are the `PgClient`'s: statements of either join those of
 * the other.
 */
export const makeClient = Effect.gen(function* () {
  const client = yield* PgClient.PgClient
  const exhausted = makeExhausted(connectionsOf(client))
  // The one connection of the embedded database may be in use for long, and is free some time.
  const isWaitBounded = !(yield* isEmbedded)
  const pooled = isWaitBounded ? within(poolPatience, exhausted)(client.reserve) : client.reserve
  const reserve = Effect.map(pooled, boundedConnection)
  const sql = yield* SqlClient.make({
    acquirer: Effect.flatMap(
      Effect.serviceOption(client.transactionService),
      Option.match({
        onNone: () => reserve,
        onSome: ([connection]) =>
          Effect.succeed(boundedInPlace.has(connection) ? connection : boundedConnection(connection)),
      }),
    ),
    driver: "postgresql",
    compiler: PgClient.makeCompiler(),
    spanAttributes: [["db.system.name", "postgresql"]],
  })
  const own: Pick<SqlClient.SqlClient, "reserve" | "transactionService" | "withTransaction"> = {
    reserve,
    transactionService: client.transactionService,
    withTransaction: withTransaction(client, {
      begin: isWaitBounded ? Effect.andThen(Effect.sleep(poolPatience), Effect.fail(exhausted)) : Effect.never,
      boundStatements,
    }),
  }
  return Object.assign(sql, own) as SqlClient.SqlClient
}).pipe(Effect.provideServiceEffect(Reactivity.Reactivity, Reactivity.make))
