import { Config, Effect, Option, Redacted } from "effect"
import { DatabaseConfigError } from "../domain/DatabaseError.ts"

/** libpq's levels of protection, from none to certificate and host name verified. */
export const tlsModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const
export type TlsMode = (typeof tlsModes)[number]

/** Where a PostgreSQL server is, and who connects to what. */
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
  /** Seconds; 0 waits for ever. */
  readonly connectTimeout: number
  readonly applicationName: string | undefined
  /** Command-line options for the session, as `-c search_path=etl`. */
  readonly options: string | undefined
  /** The connection string's setting, and what it says: the rest is of variables. */
  readonly url: { readonly setting: string; readonly parts: ReadonlyArray<string> }
}

const variableOf = {
  host: "DB_HOST",
  port: "DB_PORT",
  user: "DB_USER",
  password: "DB_PASS",
  sslmode: "DB_SSLMODE",
  sslrootcert: "DB_SSLROOTCERT",
} as const

/** Where people set a part, or several of them: `DB_HOST and DB_PORT`, `host and port in --database-url`. */
export const nameOf = ({ url }: ServerSettings, ...parts: ReadonlyArray<keyof typeof variableOf>): string => {
  const inUrl = parts.filter((part) => url.parts.includes(part))
  const variables = parts.filter((part) => !url.parts.includes(part)).map((part) => variableOf[part])
  return [...(inUrl.length > 0 ? [`${inUrl.join(" and ")} in ${url.setting}`] : []), ...variables].join(" and ")
}

const variables = Config.all({
  DATABASE_URL: Config.option(Config.Redacted("DATABASE_URL")),
  DB_USER: Config.option(Config.String("DB_USER")),
  DB_PASS: Config.option(Config.Redacted("DB_PASS")),
  DB_HOST: Config.option(Config.String("DB_HOST")),
  DB_PORT: Config.option(Config.String("DB_PORT")),
  DB_NAME: Config.option(Config.String("DB_NAME")),
  DB_SSLMODE: Config.option(Config.String("DB_SSLMODE")),
  DB_SSLROOTCERT: Config.option(Config.String("DB_SSLROOTCERT")),
})

const read = variables.pipe(
  Effect.mapError(
    () => new DatabaseConfigError({ setting: "DB_*", message: "The settings of the database could not be read." }),
  ),
)

/** Whether any of the variables that name a server is set; a variable that is empty is not. */
export const isConfigured: Effect.Effect<boolean, DatabaseConfigError> = Effect.map(read, (values) =>
  Object.values(values).some((value) => value._tag === "Some"),
)

const wrong = (setting: string, message: string) => new DatabaseConfigError({ setting, message })

/** A connection string that cannot be read. Nothing of it is shown: a part that is out of place may be the password. */
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
    if (value === undefined) return yield* wrongUrl(setting, `has a ${name} with a % that encodes nothing`)
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

const wholeNumber = (
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
  const connectionString = flag ?? Option.getOrUndefined(values.DATABASE_URL)
  const urlSetting = flag === undefined ? "DATABASE_URL" : "--database-url"
  const url: Parameters = connectionString === undefined ? {} : yield* parseUrl(urlSetting, connectionString)
  return { url, urlSetting, values }
})

/**
 * What the connection string and the variables say together. A connection string (of the flag, else DATABASE_URL) wins
 * part by part; DB_USER, DB_PASS, DB_HOST, DB_PORT, DB_NAME, DB_SSLMODE and DB_SSLROOTCERT give what it does not. Fails on
 * a value that cannot be meant, without showing it.
 */
export const config = Effect.fn("ServerSettings.config")(function* (flag?: Redacted.Redacted) {
  const { url, urlSetting, values } = yield* readParts(flag)
  const variable = (name: Exclude<keyof typeof values, "DATABASE_URL" | "DB_PASS">) =>
    Option.getOrUndefined(values[name])
  const from = (value: string | undefined, name: string) => (value === undefined ? name : urlSetting)

  const port = url.port ?? variable("DB_PORT") ?? "5432"
  const timeout = url.connect_timeout ?? "10"
  const sslmode = url.sslmode ?? variable("DB_SSLMODE")
  const tlsMode = tlsModes.find((each) => each === sslmode)
  if (sslmode !== undefined && tlsMode === undefined) {
    const setting = from(url.sslmode, "DB_SSLMODE")
    return yield* wrong(setting, `${setting}: sslmode must be one of ${tlsModes.join(", ")}.`)
  }
  return {
    host: url.host ?? variable("DB_HOST") ?? "localhost",
    port: yield* wholeNumber(from(url.port, "DB_PORT"), "the port", port, 1, 65_535),
    database: url.dbname ?? variable("DB_NAME") ?? "user_activity",
    username: url.user ?? variable("DB_USER") ?? "postgres",
    password: url.password === undefined ? Option.getOrUndefined(values.DB_PASS) : Redacted.make(url.password),
    tlsMode,
    rootCertificate: url.sslrootcert ?? variable("DB_SSLROOTCERT"),
    connectTimeout: yield* wholeNumber(urlSetting, "connect_timeout", timeout, 0, 86_400),
    applicationName: url.application_name,
    options: url.options,
    url: { setting: urlSetting, parts: Object.keys(url) },
  } satisfies ServerSettings
})

/** The setting that gives each part: the connection string's or a variable's name; undefined where it is a default. */
export const origins = Effect.fn("ServerSettings.origins")(function* (flag?: Redacted.Redacted) {
  const { url, urlSetting, values } = yield* readParts(flag)
  const origin = (parameter: keyof Parameters, name: keyof typeof values) =>
    url[parameter] !== undefined ? urlSetting : values[name]._tag === "Some" ? name : undefined
  return {
    host: origin("host", "DB_HOST"),
    port: origin("port", "DB_PORT"),
    database: origin("dbname", "DB_NAME"),
    username: origin("user", "DB_USER"),
    password: origin("password", "DB_PASS"),
    tlsMode: origin("sslmode", "DB_SSLMODE"),
    rootCertificate: origin("sslrootcert", "DB_SSLROOTCERT"),
  }
})
