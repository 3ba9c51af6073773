// The SQL client of all repositories: a statement without an answer fails after a time.

import { PgClient } from "@effect/sql-pg"
import { Effect, Fiber } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient } from "effect/sql"
import type { Connection } from "effect/sql/SqlConnection"
import { ConnectionError, SqlError } from "effect/sql/SqlError"
import { Database } from "../domain/Database.ts"
import { silence } from "../repo/patience.ts"

const noAnswer = new SqlError({ reason: new ConnectionError({ cause: new Error(`no answer for ${silence}`) }) })

/** In a fiber of its own, so that the timeout holds also in an uninterruptible region. */
const bounded = <A>(statement: Effect.Effect<A, SqlError>): Effect.Effect<A, SqlError> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(
      Effect.forkDetach(Effect.timeoutOrElse(statement, { duration: silence, orElse: () => Effect.fail(noAnswer) }), {
        startImmediately: true,
      }),
      (fiber) => restore(Fiber.join(fiber)).pipe(Effect.onInterrupt(() => Fiber.interrupt(fiber))),
    ),
  )

const boundedConnection = (connection: Connection): Connection => ({
  execute: (...statement) => bounded(connection.execute(...statement)),
  executeRaw: (...statement) => bounded(connection.executeRaw(...statement)),
  executeStream: (...statement) => connection.executeStream(...statement),
  executeValues: (...statement) => bounded(connection.executeValues(...statement)),
  executeValuesUnprepared: (...statement) => bounded(connection.executeValuesUnprepared(...statement)),
  executeUnprepared: (...statement) => bounded(connection.executeUnprepared(...statement)),
})

/** Whether the database is the embedded one, which has only one connection. */
export const isEmbedded = Effect.map(Database, ({ kind }) => kind === "embedded")

/** A statement that is not answered within `silence` fails as a lost connection does. */
export const makeClient = Effect.gen(function* () {
  const { reserve } = yield* PgClient.PgClient
  return yield* SqlClient.make({
    acquirer: Effect.map(reserve, boundedConnection),
    driver: "postgresql",
    compiler: PgClient.makeCompiler(),
    prepareTransactionControls: true,
    spanAttributes: [["db.system.name", "postgresql"]],
  })
}).pipe(Effect.provideServiceEffect(Reactivity.Reactivity, Reactivity.make))
