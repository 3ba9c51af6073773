import { PgClient, PgConnection } from "@effect/sql-pg"
import { Duration, Effect, type Layer, type Redacted } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { type DatabaseConfigError, type DatabaseError, fromSqlError, sqlState } from "../domain/DatabaseError.ts"
import { connectError, isSilence } from "./connectError.ts"
import * as ServerSettings from "./ServerSettings.ts"
import { maxMessageSize, sessionParameters } from "./session.ts"
import * as Tls from "./Tls.ts"

interface SessionOptions {
  /** Milliseconds after which the server ends a session that leaves a transaction open and says nothing; undefined: never. */
  readonly idleInTransaction?: number | undefined
}

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
  connectTimeout: settings.connectTimeout === 0 ? Duration.infinity : Duration.seconds(settings.connectTimeout),
  // A server that vanished without a word is noticed while its answer is awaited.
  keepAlive: Duration.seconds(30),
  startupParameters: {
    ...sessionParameters,
    ...(idleInTransaction === undefined ? {} : { idle_in_transaction_session_timeout: String(idleInTransaction) }),
  },
  applicationName: settings.applicationName,
  startupOptions: settings.options,
  maxMessageSize,
})

/**
 * Whether libpq would try its next way: the server has no TLS, its certificate was refused, or it lets nobody in this
 * way. Never after a wrong password: it must not be said again in plain.
 */
const triesNext = (error: SqlError): boolean => {
  const state = sqlState(error)
  return state === undefined ? error.reason._tag === "ConnectionError" && !isSilence(error) : state === "28000"
}

/** The first way to connect that works. Opens a connection and closes it. */
const negotiate = Effect.fn("PgServer.negotiate")(function* (
  settings: ServerSettings.ServerSettings,
): Effect.fn.Return<Tls.Transport, DatabaseError | DatabaseConfigError> {
  const transports = yield* Tls.transports(settings)
  for (const [index, transport] of transports.entries()) {
    const outcome = yield* PgConnection.make(connection(settings, transport)).pipe(Effect.scoped, Effect.result)
    if (outcome._tag === "Success") return transport
    if (index === transports.length - 1 || !triesNext(outcome.failure)) {
      return yield* connectError(outcome.failure, settings)
    }
  }
  return false
})

/**
 * A PostgreSQL server (13 or newer) as the connection string, or DATABASE_URL, and the DB_* variables name it: see
 * `ServerSettings.config`. Connects once before it succeeds, so that a server that cannot be used is told at once, and
 * settles then whether `prefer` and `allow` come to mean TLS; the pool's connections are all of that kind.
 */
export const layer = (
  options: SessionOptions & {
    /** The value of --database-url. */
    readonly url?: Redacted.Redacted | undefined
    readonly maxConnections: number
  },
): Layer.Layer<PgClient.PgClient | SqlClient, DatabaseError | DatabaseConfigError> =>
  PgClient.layerFrom(
    Effect.gen(function* () {
      const settings = yield* ServerSettings.config(options.url)
      const ssl = yield* negotiate(settings)
      const pool = { ...connection(settings, ssl, options), maxConnections: options.maxConnections }
      return yield* Effect.mapError(PgClient.make(pool), fromSqlError)
    }),
  )

export { config, isConfigured, origins } from "./ServerSettings.ts"
