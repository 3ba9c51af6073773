// The settings of a server: from the connection string, our variables or libpq's.

import { Config, Effect, Option, Record, Redacted } from "effect"
import { DatabaseConfigError } from "../domain/DatabaseError.ts"
import * as passwordFile from "./passwordFile.ts"

/** libpq's levels of protection, from none to certificate and host name verified. */
export const tlsModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const
export type TlsMode = (typeof tlsModes)[number]

/** Where a PostgreSQL server is, which database to use, and as which user. */
export interface ServerSettings {
  /** A name, an address, or the directory of a Unix socket (it begins with /). */
  readonly host: string
  readonly port: number
  readonly database: string
  readonly username: string
  readonly password: Redacted.Redacted | undefined
  /** Undefined: libpq's default, which depends on the root certificate. */
  readonly tlsMode: TlsMode | undefined
  /** A PEM file, or `system`. Undefined: libpq's default, `~/.postgresql/root.crt` if there is one. */
  readonly rootCertificate: string | undefined
  /** Seconds; 0: no limit. */
  readonly connectTimeout: number
  readonly applicationName: string | undefined
  /** Command-line options for the session, as `-c search_path=etl`. */
  readonly options: string | undefined
  /** The setting that gave the connection string, and the parts in it: variables give the rest. */
  readonly url: { readonly setting: string; readonly parts: ReadonlyArray<string> }
  readonly variables: Variables
  /** The file that was searched for a password; undefined where one is given. */
  readonly passwordFile: passwordFile.PasswordFile | undefined
}

/** The variables that give the parts, under libpq's names for the parts. */
type Variables = Readonly<Record<"host" | "port" | "user" | "password" | "dbname" | "sslmode" | "sslrootcert", string>>
type Variable = keyof Variables

const ours: Variables = {
  host: "DB_HOST",
  port: "DB_PORT",
  user: "DB_USER",
  password: "DB_PASS",
  dbname: "DB_NAME",
  sslmode: "DB_SSLMODE",
  sslrootcert: "DB_SSLROOTCERT",
}

/** libpq's own, which other programs read too. */
const libpqs: Variables = {
  host: "PGHOST",
  port: "PGPORT",
  user: "PGUSER",
  password: "PGPASSWORD",
  dbname: "PGDATABASE",
  sslmode: "PGSSLMODE",
  sslrootcert: "PGSSLROOTCERT",
}

/** Those of libpq's variables that choose a server; the others say only how to connect. */
const choosing = ["host", "port", "user", "dbname"] as const

/** Where people set a part, or several of them: `DB_HOST and DB_PORT`, `host and port in --database-url`. */
export const nameOf = (settings: ServerSettings, ...parts: ReadonlyArray<Exclude<Variable, "dbname">>): string => {
  const { passwordFile, url, variables } = settings
  const inUrl = parts.filter((part) => url.parts.includes(part))
  const others = parts
    .filter((part) => !url.parts.includes(part))
    .map((part) => (part === "password" && passwordFile?.password !== undefined ? passwordFile.path : variables[part]))
  return [...(inUrl.length > 0 ? [`${inUrl.join(" and ")} in ${url.setting}`] : []), ...others].join(" and ")
}

type Values = Partial<Readonly<Record<Variable, Redacted.Redacted>>>

const isAnySet = (values: Values): boolean => Object.keys(values).length > 0

/** Those that are set; an empty variable is not. */
const valuesOf = (variables: Variables) =>
  Effect.map(Config.all(Record.map(variables, (name) => Config.option(Config.Redacted(name)))), (values): Values =>
    Record.getSomes(values),
  )

const read = Effect.gen(function* () {
  return {
    url: Option.getOrUndefined(yield* Config.option(Config.Redacted("DATABASE_URL"))),
    ours: yield* valuesOf(ours),
    libpqs: yield* valuesOf(libpqs),
  }
}).pipe(
  Effect.mapError(
    () => new DatabaseConfigError({ setting: "DB_*", message: "The settings of the database could not be read." }),
  ),
)

const isLibpqs = (flag: Redacted.Redacted | undefined, values: Effect.Success<typeof read>): boolean =>
  flag === undefined &&
  values.url === undefined &&
  !isAnySet(values.ours) &&
  choosing.some((part) => values.libpqs[part] !== undefined)

/** Whether any variable that names a server is set. Of libpq's, those do that choose one. */
export const isConfigured: Effect.Effect<boolean, DatabaseConfigError> = Effect.map(
  read,
  (values) => values.url !== undefined || isAnySet(values.ours) || isLibpqs(undefined, values),
)

/** libpq's variables that are set but ignored, as something else names the database, or none of them chooses one. */
export const ignoredVariables = Effect.fn("ServerSettings.ignoredVariables")(function* (choice: {
  readonly isEmbedded: boolean
  readonly flag: Redacted.Redacted | undefined
}) {
  const values = yield* read
  if (!choice.isEmbedded && isLibpqs(choice.flag, values)) return []
  return Record.keys(libpqs)
    .filter((part) => values.libpqs[part] !== undefined)
    .map((part) => libpqs[part])
})

const wrong = (setting: string, message: string) => new DatabaseConfigError({ setting, message })

/** An invalid connection string. Nothing of it is shown: a misplaced part may be the password. */
const wrongUrl = (setting: string, why: string) =>
  wrong(
    setting,
    `${setting} ${why}. It must look like postgresql://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=MODE, ` +
      "with special characters in its parts percent-encoded (@ as %40, / as %2F, # as %23).",
  )

/** Parameters of a connection string, under libpq's names. */
const known = [
  "host",
  "port",
  "user",
  "password",
  "dbname",
  "sslmode",
  "sslrootcert",
  "connect_timeout",
  "application_name",
  "options",
] as const
type Parameters = Partial<Record<(typeof known)[number], string>>

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

const parseUrl = Effect.fnUntraced(function* (setting: string, secret: Redacted.Redacted) {
  const text = Redacted.value(secret)
  const url = URL.parse(text)
  if (url === null) return yield* wrongUrl(setting, "is not a connection string")
  if (url.protocol !== "postgres:" && url.protocol !== "postgresql:") {
    return yield* wrongUrl(setting, "does not begin with postgresql://")
  }
  if (url.hash !== "" || /@/.test(url.pathname + url.search)) {
    return yield* wrongUrl(setting, "has a character that must be percent-encoded")
  }
  const parts = {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port,
    user: url.username,
    password: url.password,
    dbname: url.pathname.replace(/^\//, ""),
  }
  const parameters: Parameters = {}
  for (const [name, part] of Object.entries(parts) as Array<[keyof typeof parts, string]>) {
    const value = decode(part)
    if (value === undefined) return yield* wrongUrl(setting, `has an invalid percent-encoding in its ${name}`)
    if (value !== "") parameters[name] = value
  }
  for (const [name, value] of url.searchParams) {
    const parameter = known.find((each) => each === name)
    if (parameter === undefined) {
      return yield* wrongUrl(setting, `has a parameter that is not supported; those that are: ${known.join(", ")}`)
    }
    if (value !== "") parameters[parameter] = value
  }
  if (parameters.host?.includes(",")) return yield* wrongUrl(setting, "names several hosts; one is supported")
  return parameters
})

const intWithin = (
  setting: string,
  what: string,
  text: string,
  least: number,
  most: number,
): Effect.Effect<number, DatabaseConfigError> =>
  /^\d{1,5}$/.test(text) && Number(text) >= least && Number(text) <= most
    ? Effect.succeed(Number(text))
    : Effect.fail(wrong(setting, `${setting}: ${what} must be a whole number from ${least} to ${most}.`))

const readParts = Effect.fnUntraced(function* (flag: Redacted.Redacted | undefined) {
  const values = yield* read
  const connectionString = flag ?? values.url
  const urlSetting = flag === undefined ? "DATABASE_URL" : "--database-url"
  const url: Parameters = connectionString === undefined ? {} : yield* parseUrl(urlSetting, connectionString)
  return {
    url,
    urlSetting,
    ...(isLibpqs(flag, values) ? { names: libpqs, values: values.libpqs } : { names: ours, values: values.ours }),
  }
})

/**
 * The settings from the connection string and the variables. A connection string (of the flag, else DATABASE_URL) wins
 * part by part; DB_USER, DB_PASS, DB_HOST, DB_PORT, DB_NAME, DB_SSLMODE and DB_SSLROOTCERT give what it does not.
 * Without any of these libpq's variables count, if one of them chooses a server. Where no password is given, the
 * password file is searched. Fails on an invalid value, without showing it.
 */
export const config = Effect.fn("ServerSettings.config")(function* (flag?: Redacted.Redacted) {
  const { names, url, urlSetting, values } = yield* readParts(flag)
  const variable = (part: Variable) => values[part] && Redacted.value(values[part])
  const from = (part: Variable) => (url[part] === undefined ? names[part] : urlSetting)

  const host = url.host ?? variable("host") ?? "localhost"
  if (names === libpqs && host.includes(",")) {
    return yield* wrong(names.host, `${names.host} names several hosts; one is supported.`)
  }
  const timeout = url.connect_timeout ?? "10"
  const sslmode = url.sslmode ?? variable("sslmode")
  const tlsMode = tlsModes.find((each) => each === sslmode)
  if (sslmode !== undefined && tlsMode === undefined) {
    const setting = from("sslmode")
    return yield* wrong(setting, `${setting}: sslmode must be one of ${tlsModes.join(", ")}.`)
  }
  const login = {
    host,
    port: yield* intWithin(from("port"), "the port", url.port ?? variable("port") ?? "5432", 1, 65_535),
    database: url.dbname ?? variable("dbname") ?? "user_activity",
    username: url.user ?? variable("user") ?? "postgres",
  }
  const password = url.password === undefined ? values.password : Redacted.make(url.password)
  const file = password === undefined ? yield* passwordFile.find(login) : undefined
  return {
    ...login,
    password: password ?? file?.password,
    tlsMode,
    rootCertificate: url.sslrootcert ?? variable("sslrootcert"),
    connectTimeout: yield* intWithin(urlSetting, "connect_timeout", timeout, 0, 86_400),
    applicationName: url.application_name,
    options: url.options,
    url: { setting: urlSetting, parts: Object.keys(url) },
    variables: names,
    passwordFile: file,
  } satisfies ServerSettings
})

/** The setting that gives each part: the connection string's or a variable's name; undefined where it is a default. */
export const origins = Effect.fn("ServerSettings.origins")(function* (flag?: Redacted.Redacted) {
  const { names, url, urlSetting, values } = yield* readParts(flag)
  const origin = (part: Variable) =>
    url[part] !== undefined ? urlSetting : values[part] === undefined ? undefined : names[part]
  return {
    host: origin("host"),
    port: origin("port"),
    database: origin("dbname"),
    username: origin("user"),
    password: origin("password"),
    tlsMode: origin("sslmode"),
    rootCertificate: origin("sslrootcert"),
  }
})
