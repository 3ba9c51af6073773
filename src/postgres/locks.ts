// Locks by which runs wait for each other: in the database among processes, and here among the runs of this process.

import { Context, Deferred, Effect, Layer, Option, RcRef, type Scope, Semaphore } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { DatabaseError, fromSqlError } from "../domain/DatabaseError.ts"
import { texts } from "./arrays.ts"
import { isEmbedded, makeClient, poolSize } from "./client.ts"
import { patiently } from "../repo/patience.ts"

/** The beginning of the name of a source's lock. */
export const sourceLock = "source "

/** The number of the lock of that name, in SQL. */
const lockKey = (name: string): string => `hashtextextended(${name}, 0)`

/** Whether a process has the lock of that name, in SQL. */
export const isLocked = (name: string): string => `exists (
    select from pg_locks l
    where l.locktype = 'advisory' and l.granted and l.objsubid = 1
      and l.database = (select oid from pg_database where datname = current_database())
      and (l.classid::bigint << 32) | l.objid::bigint = ${lockKey(name)}
  )`

/** How often to try a lock that another run has. */
const every = "500 millis"

/** How often to use the session: servers and firewalls end idle ones. */
const heartbeat = "30 seconds"

/** A shared lock excludes exclusive ones (`alone`), and they exclude it. */
type Sharing = "alone" | "shared"

const suffix = (sharing: Sharing): string => (sharing === "shared" ? "_shared" : "")

/** One connection holds the locks, the others do the work. */
const leastConnections = 2

/** Which locks the runs of this process have. PostgreSQL gives a session the same lock twice. */
const makeTable = () => {
  const holders = new Map<string, { readonly sharing: Sharing; count: number }>()
  return {
    take: (name: string, sharing: Sharing): boolean => {
      const held = holders.get(name)
      if (held === undefined) holders.set(name, { sharing, count: 1 })
      else if (held.sharing === "alone" || sharing === "alone") return false
      else held.count++
      return true
    },
    release: (name: string): void => {
      const held = holders.get(name)!
      if (--held.count === 0) holders.delete(name)
    },
  }
}

/** Locks of a scope. */
interface HeldLocks {
  names: ReadonlyArray<string>
  readonly sharing: Sharing
  /** For all of them; otherwise those that are not free are left out. */
  readonly waits: boolean
  readonly warning: string | undefined
}

/** The session that has this process's locks: the server frees them when it ends, however the process ended. */
interface Session {
  /** Ends when the session is lost. */
  readonly lost: Effect.Effect<void>
  /** Returns those of the locks that are taken. */
  readonly tryLock: (names: ReadonlyArray<string>, sharing: Sharing) => Effect.Effect<ReadonlyArray<string>, SqlError>
  readonly unlock: (names: ReadonlyArray<string>, sharing: Sharing) => Effect.Effect<void>
}

/** One session while there are locks; after one that is lost, another. */
const makeSession = Effect.gen(function* () {
  const sql = yield* makeClient

  const open: Effect.Effect<Session, SqlError, Scope.Scope> = Effect.gen(function* () {
    const connection = yield* Effect.acquireRelease(sql.reserve, (connection) =>
      // The pool gets it back.
      connection
        .execute("select pg_advisory_unlock_all()", [], undefined)
        .pipe(Effect.timeoutOption("5 seconds"), Effect.ignore),
    )
    const one = yield* Semaphore.make(1)
    const lost = yield* Deferred.make<void>()
    const fail = Effect.flatMap(Deferred.succeed(lost, undefined), (isFirst) =>
      isFirst ? RcRef.invalidate(session) : Effect.void,
    )
    const ask = (statement: string, parameters: ReadonlyArray<unknown>) =>
      Semaphore.withPermits(
        one,
        1,
      )(connection.execute(statement, parameters, undefined)).pipe(Effect.tapError(() => fail))
    yield* Effect.forkScoped(
      Effect.ignore(Effect.forever(Effect.andThen(Effect.sleep(heartbeat), ask("select 1", [])))),
    )
    return {
      lost: Deferred.await(lost),
      tryLock: (names, sharing) =>
        ask(
          `select name from (
            select name, pg_try_advisory_lock${suffix(sharing)}(${lockKey("name")}) as is_taken from unnest($1::text[]) name
            -- Each is tried once.
            offset 0
          ) tried where is_taken`,
          [texts(names)],
        ).pipe(Effect.map((rows) => rows.map(({ name }) => name as string))),
      unlock: (names, sharing) =>
        ask(`select pg_advisory_unlock${suffix(sharing)}(${lockKey("name")}) from unnest($1::text[]) name`, [
          texts(names),
        ]).pipe(
          Effect.timeoutOption("5 seconds"),
          // The lock may be held: the session must not be used for others.
          Effect.tap((answered) => (Option.isNone(answered) ? fail : Effect.void)),
          Effect.ignore,
        ),
    }
  })

  const session: RcRef.RcRef<Session, SqlError> = yield* RcRef.make({ acquire: open })
  return session
})

const tooFew = new DatabaseError({
  operation: "open",
  message: `The PgClient has fewer connections than the ${leastConnections} that a run needs: one holds its locks. Give it more (maxConnections).`,
  reason: "noConnection",
  setting: "maxConnections",
  retryable: false,
})

/** Fails where the client has one connection. One without a pool does not say how many: two are taken at once. */
const checkConnections = Effect.gen(function* () {
  if ((yield* poolSize) < leastConnections) return yield* tooFew
  const { reserve } = yield* makeClient
  yield* Effect.scoped(Effect.andThen(reserve, reserve)).pipe(
    Effect.mapError(fromSqlError),
    Effect.catchIf(
      ({ reason }) => reason === "noConnection",
      () => Effect.fail(tooFew),
    ),
    patiently,
  )
})

const make = Effect.gen(function* () {
  // The embedded database has one process, and one connection, which a lock would occupy.
  const isAlone = yield* isEmbedded
  if (!isAlone) yield* checkConnections
  const session = yield* makeSession
  const table = makeTable()

  /** Repeats `take` until it has the lock. */
  const waitFor = Effect.fnUntraced(function* <E, R>(take: Effect.Effect<boolean, E, R>, warning: string | undefined) {
    let isLogged = warning === undefined
    while (!(yield* take)) {
      if (!isLogged) yield* Effect.logWarning(warning)
      isLogged = true
      yield* Effect.sleep(every)
    }
  })

  const takeHere = (name: string, sharing: Sharing) =>
    Effect.sync(() => table.take(name, sharing)).pipe(
      Effect.tap((taken) => (taken ? Effect.addFinalizer(() => Effect.sync(() => table.release(name))) : Effect.void)),
      Effect.uninterruptible,
    )

  /**
   * Holds locks of the database as long as the session lasts. At first it waits for all of them, or takes those that are
   * free; `taken`: done then.
   */
  const hold = Effect.fnUntraced(
    function* (locks: HeldLocks, taken: Deferred.Deferred<void, DatabaseError>) {
      const { sharing, waits, warning } = locks
      const { lost, tryLock, unlock } = yield* RcRef.get(session)
      const held = new Set<string>()
      yield* Effect.addFinalizer(() => (held.size === 0 ? Effect.void : unlock([...held], sharing)))
      const take = Effect.suspend(() =>
        tryLock(
          locks.names.filter((name) => !held.has(name)),
          sharing,
        ),
      ).pipe(
        Effect.map((names) => {
          for (const name of names) held.add(name)
          return held.size === locks.names.length
        }),
        Effect.uninterruptible,
      )
      const isFirst = !(yield* Deferred.isDone(taken))
      if (isFirst && !waits) {
        yield* take
        locks.names = [...held]
      }
      // A lock may still belong to a lost session of ours, which the server has not noticed: no other process has it.
      else yield* waitFor(take, isFirst ? warning : undefined)
      yield* Deferred.succeed(taken, undefined)
      yield* lost
    },
    Effect.scoped,
    Effect.mapError(fromSqlError),
  )

  /** Holds locks until the scope closes. */
  const holdInScope = Effect.fnUntraced(function* (locks: HeldLocks) {
    const taken = yield* Deferred.make<void, DatabaseError>()
    const holding = hold(locks, taken)
    // A lost session is followed by another. The work that uses the database reports its outages.
    const again = Effect.forever(Effect.delay(Effect.ignore(holding), "1 second"))
    yield* patiently(holding).pipe(
      Effect.andThen(again),
      Effect.catch((error) => Deferred.fail(taken, error)),
      Effect.forkScoped,
    )
    yield* Deferred.await(taken)
  })

  return {
    take: Effect.fnUntraced(function* (
      name: string,
      { sharing = "alone", warning }: { readonly sharing?: Sharing | undefined; readonly warning?: string } = {},
    ): Effect.fn.Return<void, DatabaseError, Scope.Scope> {
      yield* waitFor(takeHere(name, sharing), warning)
      if (!isAlone) yield* holdInScope({ names: [name], sharing, waits: true, warning })
    }),

    takeFree: Effect.fnUntraced(function* (
      names: ReadonlyArray<string>,
    ): Effect.fn.Return<ReadonlyArray<string>, DatabaseError, Scope.Scope> {
      const free = yield* Effect.filter(names, (name) => takeHere(name, "alone"))
      if (isAlone || free.length === 0) return free
      const locks: HeldLocks = { names: free, sharing: "alone", waits: false, warning: undefined }
      yield* holdInScope(locks)
      return locks.names
    }),
  }
})

/** Advisory locks of PostgreSQL, all in one session. */
export class Locks extends Context.Service<
  Locks,
  {
    /**
     * Waits until no other run has the lock, and holds it until the scope closes. Where the session is lost, another
     * one takes the lock as soon as possible; until then the checkpoints keep other processes out. `warning`: logged
     * once while it waits; undefined for a unique name, which no other run locks.
     */
    readonly take: (
      name: string,
      options?: { readonly sharing?: Sharing | undefined; readonly warning?: string },
    ) => Effect.Effect<void, DatabaseError, Scope.Scope>
    /** Takes those that no other run has, and holds them as `take` does. Returns them. */
    readonly takeFree: (
      names: ReadonlyArray<string>,
    ) => Effect.Effect<ReadonlyArray<string>, DatabaseError, Scope.Scope>
  }
>()("user-activity-etl/postgres/Locks") {
  /** Fails where the pool is too small for a run. */
  static readonly layer = Layer.effect(this, make)
}
