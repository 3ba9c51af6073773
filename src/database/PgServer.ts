// A PostgreSQL server: how the program connects to it.

import { PgClient, PgConnection } from "@effect/sql-pg"
import { Duration, Effect, Layer, type Redacted, Schedule } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { Database } from "../domain/Database.ts"
import { type DatabaseConfigError, type DatabaseError, fromSqlError, sqlState } from "../domain/DatabaseError.ts"
import { connectError, isSilence } from "./connectError.ts"
import * as PlainSocket from "./PlainSocket.ts"
import * as ServerSettings from "./ServerSettings.ts"
import { maxMessageSize, sessionParameters } from "./session.ts"
import * as Tls from "./Tls.ts"

interface SessionOptions {
  /** Milliseconds after which the server ends a session that is idle in a transaction; undefined: never. */
  readonly idleInTransaction?: number | undefined
}

/** Shows that a server vanished while a statement waits for its answer. */
const keepAlive = Duration.seconds(30)

/** Whether a password must not be sent in clear text: unless the settings say that the network is safe. */
const keepsPassword = ({ host, tlsMode }: ServerSettings.ServerSettings, transport: Tls.Transport): boolean =>
  transport === false && tlsMode !== "disable" && tlsMode !== "allow" && !Tls.isUnixSocket(host)

const plainSocket = (settings: ServerSettings.ServerSettings) => () =>
  PlainSocket.open({
    host: settings.host,
    port: settings.port,
    keepAlive: Duration.toMillis(keepAlive),
    advice:
      "the server asks for the password in clear text over a connection without TLS, where others can read it. " +
      `It was not sent. Set ${ServerSettings.nameOf(settings, "sslmode")} to require (with TLS on the server), or to disable if the network between is safe.`,
  })

const connection = (
  settings: ServerSettings.ServerSettings,
  ssl: Tls.Transport,
  { idleInTransaction }: SessionOptions = {},
): PgConnection.Config => ({
  host: settings.host,
  port: settings.port,
  database: settings.database,
  username: settings.username,
  password: settings.password,
  ssl,
  ...(keepsPassword(settings, ssl) && { stream: plainSocket(settings) }),
  connectTimeout: settings.connectTimeout === 0 ? Duration.infinity : Duration.seconds(settings.connectTimeout),
  keepAlive,
  startupParameters: {
    ...sessionParameters,
    ...(idleInTransaction === undefined ? {} : { idle_in_transaction_session_timeout: String(idleInTransaction) }),
  },
  applicationName: settings.applicationName,
  startupOptions: settings.options,
  maxMessageSize,
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
const waitForStart = <A, R>(connect: Effect.Effect<A, SqlError, R>, { host, port }: ServerSettings.ServerSettings) =>
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
  settings: ServerSettings.ServerSettings,
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

/**
 * A PostgreSQL server (13 or newer), named by the connection string or DATABASE_URL and the DB_* variables, or else by
 * libpq's: see `ServerSettings.config`. Connects once before it succeeds, so that an unusable server is reported at
 * once; that connection decides whether `prefer` and `allow` mean TLS for the whole pool. Without TLS no connection
 * sends the password in clear text over a network, unless the mode is `disable` or `allow`.
 */
export const layer = (
  options: SessionOptions & {
    /** The value of --database-url. */
    readonly url?: Redacted.Redacted | undefined
    readonly maxConnections: number
  },
): Layer.Layer<PgClient.PgClient | SqlClient | Database, DatabaseError | DatabaseConfigError> =>
  Layer.unwrap(
    Effect.map(ServerSettings.config(options.url), (settings) => {
      const { database, host, port } = settings
      const client = Effect.gen(function* () {
        if (settings.passwordFile?.ignored !== undefined) yield* Effect.logWarning(settings.passwordFile.ignored)
        const ssl = yield* negotiate(settings)
        const pool = { ...connection(settings, ssl, options), maxConnections: options.maxConnections }
        return yield* Effect.mapError(PgClient.make(pool), fromSqlError)
      })
      return Layer.merge(
        PgClient.layerFrom(client),
        Layer.succeed(Database, { kind: "server", name: `PostgreSQL ${database} at ${host}:${port}` }),
      )
    }),
  )

export { config, ignoredVariables, isConfigured, origins } from "./ServerSettings.ts"
