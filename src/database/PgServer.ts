// A PostgreSQL server: how the program connects to it.

import { PgClient, PgConnection } from "@effect/sql-pg"
import { Duration, Effect, Fiber, Layer, Schedule, Scope } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { Database } from "../domain/Database.ts"
import { type DatabaseConfigError, type DatabaseError, fromSqlError, sqlState } from "../domain/DatabaseError.ts"
import { connectError, isSilence } from "./connectError.ts"
import * as PlainSocket from "./PlainSocket.ts"
import { type PgServerOptions, resolve, type ServerSettings } from "./ServerSettings.ts"
import * as serverVariables from "./serverVariables.ts"
import { maxMessageSize, sessionParameters } from "./session.ts"
import * as Tls from "./Tls.ts"
import { types } from "./types.ts"

export type { PgServerOptions, SslMode } from "./ServerSettings.ts"

/** Shows that a server vanished while a statement waits for its answer. */
const keepAlive = Duration.seconds(30)

/** Whether a password must not be sent in clear text: unless the settings say that the network is safe. */
const keepsPassword = ({ host, sslmode }: ServerSettings, transport: Tls.Transport): boolean =>
  transport === false && sslmode !== "disable" && sslmode !== "allow" && !Tls.isUnixSocket(host)

const plainSocket =
  ({ host, origins, port }: ServerSettings) =>
  () =>
    PlainSocket.open({ host, port, keepAlive: Duration.toMillis(keepAlive), origins })

/** Milliseconds, at least 1: to PostgreSQL 0 is never; no longer than it accepts. */
const timeParameter = (duration: Duration.Duration): string =>
  String(Math.min(Math.ceil(Duration.toMillis(duration)), 2 ** 31 - 1))

const connection = (settings: ServerSettings, ssl: Tls.Transport): PgConnection.Config => ({
  host: settings.host,
  port: settings.port,
  database: settings.database,
  username: settings.username,
  password: settings.password,
  ssl,
  ...(keepsPassword(settings, ssl) && { stream: plainSocket(settings) }),
  connectTimeout: settings.connectTimeout,
  keepAlive,
  startupParameters: {
    ...sessionParameters,
    ...(settings.idleInTransaction !== undefined && {
      idle_in_transaction_session_timeout: timeParameter(settings.idleInTransaction),
    }),
  },
  applicationName: settings.applicationName,
  startupOptions: settings.startupOptions,
  maxMessageSize,
  types,
})

/**
 * Whether libpq would try its next transport: the server has no TLS, its certificate is not trusted, or it rejects this
 * connection method. Never after a wrong password: it must not be sent again without TLS.
 */
const triesNext = (error: SqlError): boolean => {
  const state = sqlState(error)
  return state === undefined ? error.reason._tag === "ConnectionError" && !isSilence(error) : state === "28000"
}

/** Most servers start within it, also after a crash. */
const startsWithin = "1 minute"

const isStarting = (error: SqlError): boolean => sqlState(error) === "57P03"

/** Waits for a server that reports that it is starting, and logs it once. No wait where no server listens. */
const waitForStart = <A, R>(connect: Effect.Effect<A, SqlError, R>, { host, port }: ServerSettings) =>
  Effect.suspend(() => {
    let isLogged = false
    const logStart = Effect.suspend(() => {
      if (isLogged) return Effect.void
      isLogged = true
      return Effect.logWarning(
        `PostgreSQL at ${host}:${port} is starting up or shutting down. Retrying for up to ${startsWithin}.`,
      )
    })
    return connect.pipe(
      Effect.tapError((error) => (isStarting(error) ? logStart : Effect.void)),
      Effect.retry({
        schedule: Schedule.spaced("1 second").pipe(Schedule.upTo({ duration: startsWithin })),
        while: isStarting,
      }),
    )
  })

/** The first transport that works. Opens a connection and closes it. */
const negotiate = Effect.fn("PgServer.negotiate")(function* (
  settings: ServerSettings,
): Effect.fn.Return<Tls.Transport, DatabaseError | DatabaseConfigError> {
  const transports = yield* Tls.transports(settings)
  for (const [index, transport] of transports.entries()) {
    const outcome = yield* PgConnection.make(connection(settings, transport)).pipe(
      Effect.scoped,
      (connect) => waitForStart(connect, settings),
      Effect.result,
    )
    if (outcome._tag === "Success") return transport
    if (index === transports.length - 1 || !triesNext(outcome.failure)) {
      return yield* connectError(outcome.failure, settings)
    }
  }
  return false
})

/** A server that answers has done so long before. */
const closesWithin = "10 seconds"

/**
 * A resource whose closing is not waited for longer. A pool waits for connections in use, and nothing interrupts a BEGIN
 * that a server never answers: a command would not end.
 */
const closingSoon = <A, E, R>(make: Effect.Effect<A, E, R | Scope.Scope>) =>
  Effect.flatMap(
    Effect.acquireRelease(Scope.make(), (scope, exit) =>
      Effect.gen(function* () {
        // In fibers of their own, which may be left behind.
        const closing = yield* Effect.forkDetach(Scope.close(scope, exit), { startImmediately: true })
        const waiting = Effect.raceFirst(Fiber.await(closing), Effect.sleep(closesWithin))
        yield* Fiber.await(yield* Effect.forkDetach(waiting, { startImmediately: true }))
      }),
    ),
    (scope) => Scope.provide(make, scope),
  )

const layerOf = (
  read: Effect.Effect<ServerSettings, DatabaseConfigError>,
): Layer.Layer<PgClient.PgClient | SqlClient, DatabaseError | DatabaseConfigError> =>
  Layer.unwrap(
    Effect.map(read, (settings) => {
      const { database, host, maxConnections, port } = settings
      const client = Effect.gen(function* () {
        if (settings.passwordFile?.ignored !== undefined) yield* Effect.logWarning(settings.passwordFile.ignored)
        const ssl = yield* negotiate(settings)
        const pool = PgClient.make({ ...connection(settings, ssl), maxConnections })
        return yield* Effect.mapError(closingSoon(pool), fromSqlError)
      })
      return Layer.merge(
        PgClient.layerFrom(client),
        Layer.succeed(Database, { kind: "server", name: `PostgreSQL ${database} at ${host}:${port}` }),
      )
    }),
  )

/**
 * A PostgreSQL server (13 or newer), named by the options alone: no variable and no file counts. Connects once before it
 * succeeds, so that an unusable server is reported at once; that connection decides whether the modes `prefer` and
 * `allow` mean TLS for the whole pool. Without TLS no connection sends the password in clear text over a network, unless
 * the mode is `disable` or `allow`.
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import * as PgServer from "user-activity-etl/PgServer"
 *
 * export const server = PgServer.layer({
 *   host: "db.example.com",
 *   username: "loader",
 *   password: Redacted.make("secret"),
 *   sslmode: "verify-full",
 *   sslrootcert: "system",
 * })
 * ```
 */
export const layer = (
  options: PgServerOptions,
): Layer.Layer<PgClient.PgClient | SqlClient, DatabaseError | DatabaseConfigError> => layerOf(resolve(options))

/**
 * The same server as the `etl` command would use: for what the options do not give, it reads DATABASE_URL and the DB_
 * variables, or else libpq's (PGHOST and others), and a password from PGPASSFILE or ~/.pgpass.
 *
 * @example
 * ```ts
 * import * as PgServer from "user-activity-etl/PgServer"
 *
 * export const server = PgServer.layerConfig({ maxConnections: 4 })
 * ```
 */
export const layerConfig = (
  options: PgServerOptions = {},
): Layer.Layer<PgClient.PgClient | SqlClient, DatabaseError | DatabaseConfigError> =>
  layerOf(serverVariables.settings(options))
