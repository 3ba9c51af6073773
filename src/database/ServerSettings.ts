// The settings of a server: from the options of its layer, and from an environment below them.

import { Duration, Effect, Option, Predicate, Record, Redacted } from "effect"
import { DatabaseConfigError, type DatabaseOrigins, type DatabaseSetting } from "../domain/DatabaseError.ts"
import * as connectionString from "./connectionString.ts"
import type { Login, PasswordFile } from "./passwordFile.ts"

/** libpq's levels of protection, from none to certificate and host name verified. */
export const sslModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const
export type SslMode = (typeof sslModes)[number]

/** How to connect to a server. Where `url` and another option give the same, the other option counts. */
export interface PgServerOptions {
  /** `postgresql://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=MODE`, with special characters percent-encoded. */
  readonly url?: Redacted.Redacted | string | undefined
  /** A name, an address, or the directory of a Unix socket (it begins with /). By default `localhost`. */
  readonly host?: string | undefined
  /** By default 5432. */
  readonly port?: number | undefined
  /** By default `user_activity`. */
  readonly database?: string | undefined
  /** By default `postgres`. */
  readonly username?: string | undefined
  readonly password?: Redacted.Redacted | undefined
  /** By default `prefer`, or `verify-full` with the root certificate `system`. */
  readonly sslmode?: SslMode | undefined
  /** A PEM file of the CA that signed the server's certificate, or `system`: the CAs of this machine. */
  readonly sslrootcert?: string | undefined
  /** By default 10 seconds. */
  readonly connectTimeout?: Duration.Input | undefined
  /** By default `user-activity-etl`. */
  readonly applicationName?: string | undefined
  /** Command-line options for the sessions, as `-c search_path=etl`. */
  readonly startupOptions?: string | undefined
  /** By default 10. */
  readonly maxConnections?: number | undefined
  /** After which the server ends a session that is idle in a transaction. By default never. */
  readonly idleInTransaction?: Duration.Input | undefined
}

/** Settings that are valid. */
export interface ServerSettings {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly username: string
  readonly password: Redacted.Redacted | undefined
  readonly sslmode: SslMode | undefined
  readonly sslrootcert: string | undefined
  readonly connectTimeout: Duration.Duration
  readonly applicationName: string | undefined
  readonly startupOptions: string | undefined
  readonly maxConnections: number
  readonly idleInTransaction: Duration.Duration | undefined
  /** Undefined: no environment was read. */
  readonly origins: DatabaseOrigins | undefined
  /** Those that nothing gives. */
  readonly unset: ReadonlySet<VariableSetting>
  /** The file that was searched for a password; undefined: none was. */
  readonly passwordFile: PasswordFile | undefined
}

/** What variables may give. */
export const variableSettings = [
  "host",
  "port",
  "username",
  "password",
  "database",
  "sslmode",
  "sslrootcert",
] as const satisfies ReadonlyArray<DatabaseSetting>
export type VariableSetting = (typeof variableSettings)[number]

/** Values that are not checked; nothing that is not given. */
interface Given {
  readonly host?: string
  readonly port?: number | string
  readonly database?: string
  readonly username?: string
  readonly password?: Redacted.Redacted
  readonly sslmode?: string
  readonly sslrootcert?: string
  readonly connectTimeout?: Duration.Input
  readonly applicationName?: string
  readonly startupOptions?: string
  readonly maxConnections?: number
  readonly idleInTransaction?: Duration.Input
}

/** What counts where the options give nothing. */
export interface Environment {
  /** Counts before the variables, setting by setting. */
  readonly url: Redacted.Redacted | undefined
  readonly urlVariable: string
  readonly variables: Readonly<Record<VariableSetting, string>>
  readonly values: Pick<Given, VariableSetting>
  readonly sslrootcert: string | undefined
  readonly findPassword: (login: Login) => Effect.Effect<PasswordFile>
}

/** libpq's: seconds, 0 for no limit. What is no number becomes a time that is not valid. */
const timeoutOf = (seconds: string): Duration.Input =>
  /^0+$/.test(seconds) ? Duration.infinity : /^\d{1,5}$/.test(seconds) ? Duration.seconds(Number(seconds)) : 0

/** What the URL gives. Fails with what is wrong with it. */
const readUrl = (url: Redacted.Redacted | string | undefined): Effect.Effect<Given, string> =>
  url === undefined
    ? Effect.succeed({})
    : Effect.map(
        connectionString.parse(Predicate.isString(url) ? Redacted.make(url) : url),
        ({ connectTimeout, password, ...others }) => ({
          ...others,
          ...(password !== undefined && { password: Redacted.make(password) }),
          ...(connectTimeout !== undefined && { connectTimeout: timeoutOf(connectTimeout) }),
        }),
      )

const likeUrl =
  "It must look like postgresql://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=MODE, " +
  "with special characters in its parts percent-encoded (@ as %40, / as %2F, # as %23)."

/** Where each setting is read that the options do not give: where a person would set it, if nothing does. */
const originsOf = (options: PgServerOptions, fromUrl: Given, environment: Environment): DatabaseOrigins => {
  const ofUrl = options.url === undefined ? environment.urlVariable : undefined
  const originOf = (setting: VariableSetting | "connectTimeout"): string | undefined => {
    if (options[setting] !== undefined) return undefined
    if (fromUrl[setting] !== undefined) return ofUrl
    return setting === "connectTimeout" ? undefined : environment.variables[setting]
  }
  const origins = [...variableSettings, "connectTimeout" as const].map(
    (setting) => [setting, originOf(setting)] as const,
  )
  return Record.filter(Object.fromEntries([["url", ofUrl], ...origins]), Predicate.isNotUndefined)
}

const wholeNumber = (value: number | string, most: number): number | undefined => {
  const text = String(value)
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= most ? Number(text) : undefined
}

const longerThanZero = (input: Duration.Input): Duration.Duration | undefined => {
  const duration = Option.getOrElse(Duration.fromInput(input), () => Duration.zero)
  return Duration.isGreaterThan(duration, Duration.zero) ? duration : undefined
}

const notEmpty = (text: string): string | undefined => (text === "" ? undefined : text)

const defaults = {
  host: "localhost",
  port: 5432,
  database: "user_activity",
  username: "postgres",
  connectTimeout: Duration.seconds(10),
  maxConnections: 10,
} satisfies Given

/** The settings that the options give and, below them, an environment. Fails on an invalid one, without showing it. */
export const resolve = Effect.fnUntraced(function* (
  options: PgServerOptions,
  environment?: Environment,
): Effect.fn.Return<ServerSettings, DatabaseConfigError> {
  const { url, ...others } = options
  let origins = environment && originsOf(options, {}, environment)
  const invalid = (setting: DatabaseSetting, message: string) =>
    new DatabaseConfigError({ setting, reason: "invalid", message, ...(origins !== undefined && { origins }) })
  const fromUrl = yield* Effect.mapError(readUrl(url ?? environment?.url), (why) =>
    invalid("url", `The URL of the database ${why}. ${likeUrl}`),
  )
  origins = environment && originsOf(options, fromUrl, environment)

  const ofOptions: Given = Record.filter({ ...others } as Record<string, any>, Predicate.isNotUndefined)
  const found: Given = { ...environment?.values, ...fromUrl, ...ofOptions }
  const given = { ...defaults, ...found }
  /** A value that is undefined is not valid. */
  const valid = <A>(setting: DatabaseSetting, value: A | undefined, must: string) =>
    value === undefined ? Effect.fail(invalid(setting, `The ${setting} must be ${must}.`)) : Effect.succeed(value)

  const login = {
    host: yield* valid("host", given.host.includes(",") ? undefined : notEmpty(given.host), "one host"),
    port: yield* valid("port", wholeNumber(given.port, 65_535), "a whole number from 1 to 65535"),
    database: yield* valid("database", notEmpty(given.database), "a name"),
    username: yield* valid("username", notEmpty(given.username), "a name"),
  }
  const { idleInTransaction, password, sslmode } = found
  const mode = sslModes.find((each) => each === sslmode)
  const time = "a time longer than 0"
  const file = password === undefined && environment !== undefined ? yield* environment.findPassword(login) : undefined
  return {
    ...login,
    password: password ?? file?.password,
    sslmode: sslmode === undefined ? undefined : yield* valid("sslmode", mode, `one of ${sslModes.join(", ")}`),
    sslrootcert: found.sslrootcert ?? environment?.sslrootcert,
    connectTimeout: yield* valid("connectTimeout", longerThanZero(given.connectTimeout), time),
    applicationName: found.applicationName,
    startupOptions: found.startupOptions,
    maxConnections: yield* valid(
      "maxConnections",
      wholeNumber(given.maxConnections, 10_000),
      "a whole number from 1 to 10000",
    ),
    idleInTransaction:
      idleInTransaction === undefined
        ? undefined
        : yield* valid("idleInTransaction", longerThanZero(idleInTransaction), time),
    origins: origins && file?.password !== undefined ? { ...origins, password: file.path } : origins,
    unset: new Set(variableSettings.filter((setting) => found[setting] === undefined)),
    passwordFile: file,
  }
})
