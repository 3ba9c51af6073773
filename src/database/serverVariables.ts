// The variables that name a server: ours, or libpq's.

import { Config, Effect, Option, Record, type Redacted } from "effect"
import { existsSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { DatabaseConfigError } from "../domain/DatabaseError.ts"
import * as passwordFile from "./passwordFile.ts"
import { type Environment, type PgServerOptions, resolve, type ServerSettings } from "./ServerSettings.ts"

type Variables = Environment["variables"]

const urlVariable = "DATABASE_URL"

const ours: Variables = {
  host: "DB_HOST",
  port: "DB_PORT",
  username: "DB_USER",
  password: "DB_PASS",
  database: "DB_NAME",
  sslmode: "DB_SSLMODE",
  sslrootcert: "DB_SSLROOTCERT",
}

/** libpq's own, which other programs read too. */
const libpqs: Variables = {
  host: "PGHOST",
  port: "PGPORT",
  username: "PGUSER",
  password: "PGPASSWORD",
  database: "PGDATABASE",
  sslmode: "PGSSLMODE",
  sslrootcert: "PGSSLROOTCERT",
}

/** Those of libpq's variables that choose a server; the others say only how to connect. */
const choosing = ["host", "port", "username", "database"] as const

const isAnySet = (values: Environment["values"]): boolean => Object.keys(values).length > 0

/** Those that are set; an empty variable is not. */
const valuesOf = Effect.fnUntraced(function* ({ password, ...variables }: Variables) {
  const texts = yield* Config.all(Record.map(variables, (name) => Config.option(Config.String(name))))
  const secret = yield* Config.option(Config.Redacted(password))
  const values: Environment["values"] = {
    ...Record.getSomes(texts),
    ...(Option.isSome(secret) && { password: secret.value }),
  }
  return values
})

const read = Effect.gen(function* () {
  return {
    url: Option.getOrUndefined(yield* Config.option(Config.Redacted(urlVariable))),
    ours: yield* valuesOf(ours),
    libpqs: yield* valuesOf(libpqs),
  }
}).pipe(
  Effect.mapError(
    () =>
      new DatabaseConfigError({
        setting: "url",
        reason: "unreadable",
        message: "The variables that name the database could not be read.",
      }),
  ),
)

const isLibpqs = (url: PgServerOptions["url"], values: Effect.Success<typeof read>): boolean =>
  url === undefined &&
  values.url === undefined &&
  !isAnySet(values.ours) &&
  choosing.some((setting) => values.libpqs[setting] !== undefined)

/** Whether any variable that names a server is set. Of libpq's, those do that choose one. */
export const isConfigured: Effect.Effect<boolean, DatabaseConfigError> = Effect.map(
  read,
  (values) => values.url !== undefined || isAnySet(values.ours) || isLibpqs(undefined, values),
)

/** libpq's variables that are set but ignored, as something else names the database, or none of them chooses one. */
export const ignoredVariables = Effect.fn("serverVariables.ignoredVariables")(function* (choice: {
  readonly isEmbedded: boolean
  readonly url: Redacted.Redacted | undefined
}) {
  const values = yield* read
  if (!choice.isEmbedded && isLibpqs(choice.url, values)) return []
  return Record.keys(libpqs)
    .filter((setting) => values.libpqs[setting] !== undefined)
    .map((setting) => libpqs[setting])
})

/** libpq's root certificate, if there is one. */
const rootCertificate = (): string | undefined => {
  const file = join(homedir(), ".postgresql", "root.crt")
  return existsSync(file) ? file : undefined
}

/**
 * The settings of the options and, where they give none, of the environment. DATABASE_URL wins part by part; DB_USER,
 * DB_PASS, DB_HOST, DB_PORT, DB_NAME, DB_SSLMODE and DB_SSLROOTCERT give what it does not. Without any of these, and
 * without a `url`, libpq's variables count, if one of them chooses a server. Where no password is given, the password
 * file is searched.
 */
export const settings = Effect.fn("serverVariables.settings")(function* (
  options: PgServerOptions,
): Effect.fn.Return<ServerSettings, DatabaseConfigError> {
  const values = yield* read
  return yield* resolve(options, {
    url: values.url,
    urlVariable,
    ...(isLibpqs(options.url, values)
      ? { variables: libpqs, values: values.libpqs }
      : { variables: ours, values: values.ours }),
    sslrootcert: rootCertificate(),
    findPassword: passwordFile.find,
  })
})
