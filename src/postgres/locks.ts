// Locks in the database, by which its processes wait for each other.

import { Deferred, Effect, type Scope } from "effect"
import type { Connection } from "effect/sql/SqlConnection"
import { type DatabaseError, fromSqlError } from "../domain/DatabaseError.ts"
import { isEmbedded, makeClient } from "./client.ts"
import { patiently } from "../repo/patience.ts"

/** The beginning of the name of a source's lock. */
export const sourceLock = "source "

/** The number of the lock of that name, in SQL. */
export const lockKey = (name: string): string => `hashtextextended(${name}, 0)`

/** How often to try a lock that another process has. */
const every = "500 millis"

/** How often to use the session: servers and firewalls end idle ones. */
const heartbeat = "30 seconds"

/** A shared lock excludes exclusive ones (`alone`), and they exclude it. */
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
 * Advisory locks of PostgreSQL, each in a session of its own: the server frees a lock when its session ends, however
 * the process ended.
 */
export const makeLocks = Effect.gen(function* () {
  const sql = yield* makeClient
  // The embedded database has one process, and one connection, which a lock would occupy.
  const hasOneConnection = yield* isEmbedded

  /**
   * Waits until no other process has the lock, and holds it until the scope closes. Where the session is lost, another
   * one takes the lock as soon as possible; until then the checkpoints keep other processes out. `whileWaiting`: the
   * warning to log; undefined for a unique name, which no other process locks.
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
        // The lock may still belong to a lost session of ours, which the server has not noticed: no other process has
        // it.
        let isLogged = whileWaiting === undefined || (yield* Deferred.isDone(held))
        const take = tryLock(connection, name, sharing).pipe(
          Effect.tap((taken) => (taken ? Effect.addFinalizer(() => unlock(connection, name, sharing)) : Effect.void)),
          Effect.uninterruptible,
        )
        while (!(yield* take)) {
          if (!isLogged) yield* Effect.logWarning(whileWaiting)
          isLogged = true
          yield* Effect.sleep(every)
        }
        yield* Deferred.succeed(held, undefined)
        const beat = Effect.andThen(Effect.sleep(heartbeat), connection.execute("select 1", [], undefined))
        yield* Effect.ignore(Effect.forever(beat))
      })
      const holding = Effect.scoped(session).pipe(Effect.mapError(fromSqlError))
      // A lost session is followed by another. The work that uses the database reports its outages.
      const again = Effect.forever(Effect.delay(Effect.ignore(holding), "1 second"))
      yield* patiently(holding).pipe(
        Effect.andThen(again),
        Effect.catch((error) => Deferred.fail(held, error)),
        Effect.forkScoped,
      )
      yield* Deferred.await(held)
    })
})
