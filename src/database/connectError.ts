// Why a first connection failed, and what a person can do about it.

import type { SqlError } from "effect/sql/SqlError"
import {
  DatabaseError,
  type DatabaseReason,
  type DatabaseSetting,
  describeState,
  PasswordInClear,
  sqlState,
} from "../domain/DatabaseError.ts"
import { systemCode } from "../domain/errno.ts"
import { quote } from "../text/shell.ts"
import type { ServerSettings } from "./ServerSettings.ts"

const createdb = ({ host, port, username, database }: ServerSettings): string =>
  `createdb --host ${quote(host)} --port ${port} --username ${quote(username)} ${quote(database)}`

interface Diagnosis {
  readonly reason?: DatabaseReason
  readonly setting?: DatabaseSetting
  /** What is wrong, and what to do next. */
  readonly what: string
  readonly retryable: boolean
}

const permanent = (reason: DatabaseReason, what: string, setting?: DatabaseSetting): Diagnosis => ({
  reason,
  what,
  ...(setting !== undefined && { setting }),
  retryable: false,
})

const passing = (reason: DatabaseReason, what: string, setting?: DatabaseSetting): Diagnosis => ({
  ...permanent(reason, what, setting),
  retryable: true,
})

/** What PostgreSQL answered, and what to do about it. */
const refused = (state: string, message: string, settings: ServerSettings): Diagnosis => {
  switch (state) {
    case "28P01":
      return permanent("wrongPassword", "the password is wrong. Correct it.", "password")
    case "28000":
      return /^role ".*" does not exist$/s.test(message)
        ? permanent("noUser", `there is no user ${settings.username} on the server. Use another one.`, "username")
        : permanent(
            "method",
            `the server rejected this connection method (${message}). See its pg_hba.conf, or use another sslmode.`,
            "sslmode",
          )
    case "3D000":
      return permanent("noDatabase", `the database does not exist. Create it: ${createdb(settings)}`, "database")
    case "42704":
      return permanent("version", `${message}. PostgreSQL 13 or newer is needed.`)
    case "53300":
      return passing("tooManyConnections", "it has no connection left. Close others, or raise its max_connections.")
    case "57P03":
      return passing("starting", "it is starting up or shutting down. Try again in a moment.")
    default:
      return { what: describeState(state, message), retryable: false }
  }
}

/** No server answered in time. */
export const isSilence = (error: SqlError): boolean =>
  error.reason.cause instanceof Error && /timed out/i.test(error.reason.cause.message)

const silence = passing("silence", "no answer. Check the host, and that no firewall blocks the port.", "host")

/** Why no server answered, and what to do about it. */
const unanswered = (cause: unknown, message: string, { passwordFile }: ServerSettings): Diagnosis => {
  const code = systemCode(cause) ?? ""
  const said = cause instanceof Error && cause.message !== "" ? cause.message : message
  switch (code) {
    case "ECONNREFUSED":
    case "ENOENT":
      return passing("refused", "no server listens there. Start it, or correct the host and port.", "host")
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return passing("unknownHost", "the name of the host is not known. Correct it.", "host")
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return silence
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return permanent(
        "certificate",
        "its certificate is for another host name. Connect to the name in the certificate, or use sslmode verify-ca.",
        "sslmode",
      )
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
      return permanent("certificate", "its certificate is not valid today.")
  }
  if (cause instanceof PasswordInClear) return permanent("clearText", cause.message, "sslmode")
  if (/CERT|SIGNATURE|ISSUER/.test(code)) {
    return permanent(
      "certificate",
      `its certificate is not trusted (${said}). Use the certificate of its CA as the root certificate.`,
      "sslrootcert",
    )
  }
  if (/timed out/i.test(said)) return silence
  if (/does not support TLS/.test(said)) {
    return permanent(
      "tls",
      "it offers no TLS. Turn TLS on there, or use sslmode disable if the network between is safe.",
      "sslmode",
    )
  }
  if (/requested password/.test(said)) {
    const ignored = passwordFile?.ignored
    return permanent(
      "noPassword",
      `it asks for a password. Give one.${ignored === undefined ? "" : ` ${ignored}`}`,
      "password",
    )
  }
  if (/^ERR_SSL|^EPROTO/.test(code)) {
    return permanent("tls", `TLS failed (${said}). Use the sslmode that it offers.`, "sslmode")
  }
  return passing("notPostgres", `${said}. Is it a PostgreSQL server?`)
}

/** The error for people: which server, what is wrong, what to do. */
export const connectError = (error: SqlError, settings: ServerSettings): DatabaseError => {
  const { cause, message } = error.reason
  const state = sqlState(error)
  const { what, ...diagnosis } =
    state === undefined
      ? unanswered(cause, message ?? error.reason._tag, settings)
      : refused(state, cause instanceof Error ? cause.message : "", settings)
  const { host, port, database, username, origins } = settings
  return new DatabaseError({
    operation: "connect",
    message: `Cannot connect to PostgreSQL at ${host}:${port} (database ${database}, user ${username}): ${what}`,
    ...diagnosis,
    ...(origins !== undefined && { origins }),
    ...(state !== undefined && { sqlState: state }),
  })
}
