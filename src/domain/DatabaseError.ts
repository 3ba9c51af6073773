// Errors of the database, for people: without secrets and values, with what to do next.

import { Runtime, Schema } from "effect"
import { SqlError } from "effect/sql/SqlError"

/**
 * Settings of a database, as the options of its layer name them: `directory` is the embedded database's, the others are
 * a server's.
 */
const DatabaseSetting = Schema.Literals([
  "url",
  "host",
  "port",
  "database",
  "username",
  "password",
  "sslmode",
  "sslrootcert",
  "connectTimeout",
  "maxConnections",
  "idleInTransaction",
  "directory",
])
export type DatabaseSetting = typeof DatabaseSetting.Type

/** Where settings are read, a variable or a file, by their name; not those that the program gives itself. */
const DatabaseOrigins = Schema.Record(DatabaseSetting, Schema.optionalKey(Schema.String))
export type DatabaseOrigins = typeof DatabaseOrigins.Type

/** Why the database cannot be used. */
const DatabaseReason = Schema.Literals([
  // A server that is not reached.
  "refused",
  "unknownHost",
  "silence",
  "notPostgres",
  // A server that refuses the connection.
  "wrongPassword",
  "noPassword",
  "noUser",
  "noDatabase",
  "method",
  "starting",
  "tooManyConnections",
  // A connection that is not safe.
  "tls",
  "certificate",
  "clearText",
  // An embedded database, and a server too where it says so.
  "version",
  "inUse",
  "foreign",
  "serverData",
  "permission",
  "unusable",
  "noWorker",
  // A database that was open.
  "lost",
  "stopped",
  "noConnection",
  "insideTransaction",
])
export type DatabaseReason = typeof DatabaseReason.Type

/**
 * The database could not be opened or reached, or refused a statement. `retryable`: the same request may succeed later,
 * unchanged. `setting`: what to change first; `origins`: where settings were read, by their name, where `layerConfig`
 * read them. `sqlState` is present when PostgreSQL itself answered. Holds no secret and no value of a parameter.
 */
export class DatabaseError extends Schema.TaggedError<DatabaseError>()("DatabaseError", {
  operation: Schema.Literals(["open", "connect", "migrate", "query"]),
  message: Schema.String,
  reason: Schema.optionalKey(DatabaseReason),
  setting: Schema.optionalKey(DatabaseSetting),
  origins: Schema.optionalKey(DatabaseOrigins),
  sqlState: Schema.optionalKey(Schema.String),
  retryable: Schema.Boolean,
}) {
  override readonly [Runtime.errorExitCode] = 6
}

/**
 * A setting of the database is missing or invalid; its value, which may be a secret, is not shown. `reason`: what is
 * wrong with it. `origins`: as those of `DatabaseError`.
 */
export class DatabaseConfigError extends Schema.TaggedError<DatabaseConfigError>()("DatabaseConfigError", {
  setting: DatabaseSetting,
  message: Schema.String,
  reason: Schema.Literals(["invalid", "missing", "unreadable"]),
  origins: Schema.optionalKey(DatabaseOrigins),
}) {
  override readonly [Runtime.errorExitCode] = 2
}

/** The embedded database's thread has stopped: the cause of a broken connection to it. */
export class EmbeddedStopped extends Error {
  override readonly name = "EmbeddedStopped"
}

/**
 * The server asked for the password in clear text: the cause of a closed connection. `origins`: as those of
 * `DatabaseError`.
 */
export class PasswordInClear extends Error {
  override readonly name = "PasswordInClear"
  readonly origins: DatabaseOrigins | undefined

  constructor(origins: DatabaseOrigins | undefined) {
    super(
      "the server asks for the password in clear text over a connection without TLS, where others can read it. It was " +
        "not sent. Use sslmode require (with TLS on the server), or disable if the network between is safe.",
    )
    this.origins = origins
  }
}

/** No connection of the pool was free: the cause of a statement that was not sent. The message says what to do. */
export class PoolExhausted extends Error {
  override readonly name = "PoolExhausted"
}

/** The fields of PostgreSQL's error response. All but the code may quote values. */
interface ServerFields {
  readonly code: string
  readonly message: string
  readonly detail?: string
  readonly hint?: string
  readonly position?: string
}

/** The fields of PostgreSQL's error response; undefined where the error is the client's own. */
export const serverFields = (cause: unknown): ServerFields | undefined =>
  cause instanceof Error && "severity" in cause && "code" in cause && typeof cause.code === "string"
    ? (cause as Error & ServerFields)
    : undefined

/** The SQLSTATE of an error; undefined where the error is the client's own. */
export const sqlState = (error: SqlError): string | undefined => serverFields(error.reason.cause)?.code

/**
 * States that may pass: connection lost, rolled back to resolve a conflict, out of memory or connections, locked, timed
 * out, read-only while a standby takes over, restarting, closed as idle.
 */
const retryable = /^(08|25P03|40001|40003|40P01|53[234]|55P03|55006|57014|57P0[1235]|25006)/

/**
 * PostgreSQL's own classes whose text quotes no value. All others may: a refused value (22, 44), and the message of a
 * trigger, under P0 or a class of its own.
 */
const quotesNoValue = /^(08|0A|0L|0P|23|25|26|28|2B|2D|34|3B|3D|3F|40|42|53|54|55|57|58|72|F0|HV|XX)/

/** What to do, by SQLSTATE: text that follows the message. */
export const advice: Readonly<Record<string, string>> = {
  "25006": " The server accepts no writes: is it a standby?",
  "42501": " Grant the privilege to the database user.",
  "53100": " Free space on the database's disk.",
  "57014": " The statement was cancelled, or took longer than its time limit.",
}

/** PostgreSQL's message, without the values that it is about. */
export const describeState = (code: string, message: string): string =>
  quotesNoValue.test(code)
    ? `PostgreSQL reports: ${message} (SQLSTATE ${code}).${advice[code] ?? ""}`
    : `PostgreSQL refused a value (SQLSTATE ${code}).`

/** A statement's error for people: whether to retry, what to do. Drops the cause, which quotes values. */
export const fromSqlError = (error: SqlError): DatabaseError => {
  const { cause, message } = error.reason
  const answer = serverFields(cause)
  if (answer !== undefined) {
    return new DatabaseError({
      operation: "query",
      message: describeState(answer.code, answer.message),
      sqlState: answer.code,
      retryable: retryable.test(answer.code),
    })
  }
  if (cause instanceof EmbeddedStopped) {
    return new DatabaseError({ operation: "query", message: cause.message, reason: "stopped", retryable: false })
  }
  if (cause instanceof PoolExhausted) {
    return new DatabaseError({
      operation: "query",
      message: cause.message,
      reason: "noConnection",
      setting: "maxConnections",
      retryable: true,
    })
  }
  if (cause instanceof PasswordInClear) {
    return new DatabaseError({
      operation: "query",
      message: `Cannot connect to the database: ${cause.message}`,
      reason: "clearText",
      setting: "sslmode",
      ...(cause.origins !== undefined && { origins: cause.origins }),
      retryable: false,
    })
  }
  if (error.reason._tag === "ConnectionError") {
    const why = cause instanceof Error ? cause.message : (message ?? "unknown")
    return new DatabaseError({
      operation: "query",
      message: `The connection to the database was lost: ${why}.`,
      reason: "lost",
      retryable: true,
    })
  }
  return new DatabaseError({ operation: "query", message: message ?? error.reason._tag, retryable: error.isRetryable })
}

/** As `fromSqlError`; other errors are unchanged. */
export const toDatabaseError = <E>(error: E): DatabaseError | Exclude<E, SqlError> =>
  error instanceof SqlError ? fromSqlError(error) : (error as Exclude<E, SqlError>)
