import { PgClient } from "@effect/sql-pg"
import { assert, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Redacted, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as PgServer from "../../src/database/PgServer.ts"
import { Database } from "../../src/domain/Database.ts"
import { fromSqlError } from "../../src/domain/DatabaseError.ts"
import { makeClient } from "../../src/postgres/client.ts"
import { OutgoingStatements } from "../faults/OutgoingStatements.ts"
import { freshDatabase, sharedPostgres } from "../utils/postgres.ts"
import { relay, tcpServer } from "../utils/tcp.ts"

/** A relay to the server that answers no statement from the first `text` on, and when that is. */
const silentFrom = Effect.fnUntraced(function* (text: string) {
  const { port } = yield* sharedPostgres
  const lost = yield* Deferred.make<void>()
  const silent = yield* tcpServer((client) => {
    const statements = new OutgoingStatements()
    relay(client, port, (bytes, server) => {
      if (statements.push(bytes).includes(text)) Deferred.doneUnsafe(lost, Effect.void)
      else server.write(bytes)
    })
  })
  return { port: silent, lost: Deferred.await(lost) }
})

it.effect("a BEGIN that is not answered keeps no program from ending", () =>
  Effect.gen(function* () {
    const { host, password, username } = yield* sharedPostgres
    const { lost, port } = yield* silentFrom("BEGIN")
    const scope = yield* Scope.make()
    const options = { host, port, username, password: Redacted.make(password), sslmode: "disable" } as const
    const server = yield* Layer.buildWithScope(PgServer.layer({ ...options, database: "postgres" }), scope)
    const { withTransaction } = yield* Effect.provideContext(makeClient, server)
    const beginning = yield* Effect.forkChild(Effect.flip(withTransaction(Effect.void)))
    yield* lost
    yield* TestClock.adjust("1 minute")
    yield* Fiber.join(beginning)
    const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
    yield* TestClock.adjust("10 seconds")
    yield* Fiber.join(closing)
  }),
)

it.effect("a COMMIT that is not answered gives its locks back", () =>
  Effect.gen(function* () {
    const { host, password, port, username } = yield* sharedPostgres
    const database = yield* freshDatabase
    const silent = yield* silentFrom("COMMIT")
    const clientOf = Effect.fnUntraced(function* (port: number) {
      const pool = yield* Layer.build(
        PgClient.layer({ host, port, username, password: Redacted.make(password), database }),
      )
      return yield* Effect.provideContext(makeClient, Context.add(pool, Database, { kind: "server", name: database }))
    })
    const direct = yield* clientOf(port)
    const relayed = yield* clientOf(silent.port)
    yield* direct`create table counts (count int)`
    yield* direct`insert into counts values (0)`

    const committing = yield* Effect.forkChild(
      relayed.withTransaction(relayed`update counts set count = 1`).pipe(Effect.mapError(fromSqlError), Effect.flip),
    )
    yield* silent.lost
    yield* TestClock.adjust("150 seconds")
    assert.include((yield* Fiber.join(committing)).message, "no answer for 150 seconds")
    yield* direct`set lock_timeout = '20s'`
    yield* direct`update counts set count = count + 10`
    assert.deepStrictEqual(yield* direct`select count from counts`, [{ count: 10 }])
  }),
)
