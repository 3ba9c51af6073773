// Why a first connection failed, and what a person can do about it.

import type { SqlError } from "effect/sql/SqlError"
import { DatabaseError, describeState, PasswordInClear, sqlState } from "../domain/DatabaseError.ts"
import { systemCode } from "../domain/errno.ts"
import { quote } from "../text/shell.ts"
import { nameOf, type ServerSettings } from "./ServerSettings.ts"

const createdb = ({ host, port, username, database }: ServerSettings): string =>
  `createdb --host ${quote(host)} --port ${port} --username ${quote(username)} ${quote(database)}`

interface Advice {
  readonly what: string
  readonly retryable: boolean
}

const permanent = (what: string): Advice => ({ what, retryable: false })
const passing = (what: string): Advice => ({ what, retryable: true })

/** What PostgreSQL answered, and what to do about it. */
const refused = (state: string, message: string, settings: ServerSettings): Advice => {
  switch (state) {
    case "28P01":
      return permanent(`the password is wrong. Correct ${nameOf(settings, "password")}.`)
    case "28000":
      if (/^role ".*" does not exist$/s.test(message)) {
        return permanent(`there is no user ${settings.username} on the server. Correct ${nameOf(settings, "user")}.`)
      }
      return permanent(
        `the server rejected this connection method (${message}). See its pg_hba.conf, or set ${nameOf(settings, "sslmode")}.`,
      )
    case "3D000":
      return permanent(`the database does not exist. Create it: ${createdb(settings)}`)
    case "42704":
      return permanent(`${message}. PostgreSQL 13 or newer is needed.`)
    case "53300":
      return passing("it has no connection left. Close others, or raise its max_connections.")
    case "57P03":
      return passing("it is starting up or shutting down. Try again in a moment.")
    default:
      return permanent(describeState(state, message))
  }
}

/** No server answered in time. */
export const isSilence = (error: SqlError): boolean =>
  error.reason.cause instanceof Error && /timed out/i.test(error.reason.cause.message)

/** Why no server answered, and what to do about it. */
const unanswered = (cause: unknown, message: string, settings: ServerSettings): Advice => {
  const sslmode = nameOf(settings, "sslmode")
  const code = systemCode(cause) ?? ""
  const said = cause instanceof Error && cause.message !== "" ? cause.message : message
  switch (code) {
    case "ECONNREFUSED":
    case "ENOENT":
      return passing(`no server listens there. Start it, or correct ${nameOf(settings, "host", "port")}.`)
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return passing(`the name of the host is not known. Correct ${nameOf(settings, "host")}.`)
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return passing("no answer. Check the host, and that no firewall blocks the port.")
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return permanent(
        `its certificate is for another host name. Use the name in the certificate, or verify-ca for ${sslmode}.`,
      )
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
      return permanent("its certificate is not valid today.")
  }
  if (cause instanceof PasswordInClear) return permanent(cause.message)
  if (/CERT|SIGNATURE|ISSUER/.test(code)) {
    return permanent(
      `its certificate is not trusted (${said}). Set ${nameOf(settings, "sslrootcert")} to the certificate of its CA.`,
    )
  }
  if (/timed out/i.test(said)) return passing("no answer. Check the host, and that no firewall blocks the port.")
  if (/does not support TLS/.test(said)) {
    return permanent(`it offers no TLS. Turn TLS on there, or disable it by ${sslmode} if the network between is safe.`)
  }
  if (/requested password/.test(said)) {
    const ignored = settings.passwordFile?.ignored
    return permanent(
      `it asks for a password. Set ${nameOf(settings, "password")}.${ignored === undefined ? "" : ` ${ignored}`}`,
    )
  }
  if (/^ERR_SSL|^EPROTO/.test(code)) return permanent(`TLS failed (${said}). Set ${sslmode} to what it offers.`)
  return passing(`${said}. Is it a PostgreSQL server?`)
}

/** The error for people: which server, what is wrong, what to do. */
export const connectError = (error: SqlError, settings: ServerSettings): DatabaseError => {
  const { cause, message } = error.reason
  const state = sqlState(error)
  const { what, retryable } =
    state === undefined
      ? unanswered(cause, message ?? error.reason._tag, settings)
      : refused(state, cause instanceof Error ? cause.message : "", settings)
  const { host, port, database, username } = settings
  return new DatabaseError({
    operation: "connect",
    message: `Cannot connect to PostgreSQL at ${host}:${port} (database ${database}, user ${username}): ${what}`,
    ...(state !== undefined && { sqlState: state }),
    retryable,
  })
}
