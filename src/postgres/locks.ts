import { Deferred, Effect, type Scope } from "effect"
import type { Connection } from "effect/sql/SqlConnection"
import { type DatabaseError, fromSqlError } from "../domain/DatabaseError.ts"
import { isEmbedded, makeClient } from "./client.ts"
import { patiently } from "../repo/patience.ts"

/** What is locked while a process loads a source. */
export const sourceLock = "source "

/** The number of the lock of that name, in SQL. */
export const lockKey = (name: string): string => `hashtextextended(${name}, 0)`

/** How often a lock that another process has is asked for again. */
const every = "500 millis"

/** So often is shown that the session is in use: servers and firewalls end idle ones. */
const heartbeat = "30 seconds"

/** Those who share a lock keep out those who want it alone, and these them. */
type Sharing = "alone" | "shared"

const suffix = (sharing: Sharing): string => (sharing === "shared" ? "_shared" : "")

const tryLock = (connection: Connection, name: string, sharing: Sharing) =>
  connection
    .execute(`select pg_try_advisory_lock${suffix(sharing)}(${lockKey("$1")}) as taken`, [name], undefined)
    .pipe(Effect.map((rows) => rows[0]!.taken === true))

const unlock = (connection: Connection, name: string, sharing: Sharing) =>
  connection
    .execute(`select pg_advisory_unlock${suffix(sharing)}(${lockKey("$1")})`, [name], undefined)
    .pipe(Effect.timeoutOption("5 seconds"), Effect.ignore)

/**
 * Locks of PostgreSQL that keep processes apart, each in a session of its own: the server gives a lock back when its
 * session ends, however the process ended.
 */
export const makeLocks = Effect.gen(function* () {
  const sql = yield* makeClient
  // The embedded database has one process, and one connection, which a lock would keep from everybody.
  const hasOneConnection = yield* isEmbedded

  /**
   * Waits until no other process has the lock, says so, and holds it until the scope closes. A session that is lost
   * meanwhile takes it again when it can; until then it is the checkpoint that keeps others out. `whileWaiting`: what to
   * say; a name of which there is no other needs none.
   */
  return (
    name: string,
    whileWaiting?: string,
    sharing: Sharing = "alone",
  ): Effect.Effect<void, DatabaseError, Scope.Scope> =>
    Effect.gen(function* () {
      if (hasOneConnection) return
      const held = yield* Deferred.make<void, DatabaseError>()
      const session = Effect.gen(function* () {
        const connection = yield* sql.reserve
        // The server may not have noticed yet that a session of ours was lost: that is no other process.
        let isTold = whileWaiting === undefined || (yield* Deferred.isDone(held))
        const take = tryLock(connection, name, sharing).pipe(
          Effect.tap((taken) => (taken ? Effect.addFinalizer(() => unlock(connection, name, sharing)) : Effect.void)),
          Effect.uninterruptible,
        )
        while (!(yield* take)) {
          if (!isTold) yield* Effect.logWarning(whileWaiting)
          isTold = true
          yield* Effect.sleep(every)
        }
        yield* Deferred.succeed(held, undefined)
        const beat = Effect.andThen(Effect.sleep(heartbeat), connection.execute("select 1", [], undefined))
        yield* Effect.ignore(Effect.forever(beat))
      })
      const holding = Effect.scoped(session).pipe(Effect.mapError(fromSqlError))
      // A session that was lost is followed by another. That the database is away, those tell who work with it.
      const again = Effect.forever(Effect.delay(Effect.ignore(holding), "1 second"))
      yield* patiently(holding).pipe(
        Effect.andThen(again),
        Effect.catch((error) => Deferred.fail(held, error)),
        Effect.forkScoped,
      )
      yield* Deferred.await(held)
    })
})
