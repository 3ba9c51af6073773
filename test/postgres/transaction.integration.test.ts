import { PgClient } from "@effect/sql-pg"
import { assert, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { Database } from "../../src/domain/Database.ts"
import { fromSqlError } from "../../src/domain/DatabaseError.ts"
import { makeClient } from "../../src/postgres/client.ts"
import { OutgoingStatements } from "../faults/OutgoingStatements.ts"
import { freshDatabase, sharedPostgres } from "../utils/postgres.ts"
import { relay, tcpServer } from "../utils/tcp.ts"

it.effect("a COMMIT that is not answered gives its locks back", () =>
  Effect.gen(function* () {
    const { host, password, port, username } = yield* sharedPostgres
    const database = yield* freshDatabase
    const lost = yield* Deferred.make<void>()
    const silent = yield* tcpServer((client) => {
      const statements = new OutgoingStatements()
      relay(client, port, (bytes, server) => {
        if (statements.push(bytes).includes("COMMIT")) Deferred.doneUnsafe(lost, Effect.void)
        else server.write(bytes)
      })
    })
    const clientOf = Effect.fnUntraced(function* (port: number) {
      const pool = yield* Layer.build(
        PgClient.layer({ host, port, username, password: Redacted.make(password), database }),
      )
      return yield* Effect.provideContext(makeClient, Context.add(pool, Database, { kind: "server", name: database }))
    })
    const direct = yield* clientOf(port)
    const relayed = yield* clientOf(silent)
    yield* direct`create table counts (count int)`
    yield* direct`insert into counts values (0)`

    const committing = yield* Effect.forkChild(
      relayed.withTransaction(relayed`update counts set count = 1`).pipe(Effect.mapError(fromSqlError), Effect.flip),
    )
    yield* Deferred.await(lost)
    yield* TestClock.adjust("150 seconds")
    assert.include((yield* Fiber.join(committing)).message, "no answer for 150 seconds")
    yield* direct`set lock_timeout = '20s'`
    yield* direct`update counts set count = count + 10`
    assert.deepStrictEqual(yield* direct`select count from counts`, [{ count: 10 }])
  }),
)
