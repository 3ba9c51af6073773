import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Duration, Effect, Redacted, Runtime, Schema } from "effect"
import { DatabaseConfigError } from "../../src/domain/DatabaseError.ts"
import type { PgServerOptions } from "../../src/database/ServerSettings.ts"
import { ignoredVariables, isConfigured, settings } from "../../src/database/serverVariables.ts"

const within = (env: Record<string, string>) =>
  Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env }))

const read = (env: Record<string, string>, url?: string) =>
  Effect.map(
    settings({ url }).pipe(within(env)),
    ({
      connectTimeout,
      idleInTransaction: _idle,
      maxConnections: _connections,
      origins: _origins,
      password,
      passwordFile: _file,
      unset: _unset,
      ...settings
    }) => ({
      ...settings,
      connectTimeout: Duration.toSeconds(connectTimeout),
      password: password === undefined ? undefined : Redacted.value(password),
    }),
  )

/** What is wrong, and where that setting was read. */
const refusal = Effect.fnUntraced(function* (env: Record<string, string>, url?: string) {
  const error = yield* Effect.flip(read(env, url))
  assert(error instanceof DatabaseConfigError)
  assert.strictEqual(error[Runtime.errorExitCode], 2)
  assert.notMatch(error.message, /DB_|PG[A-Z]|DATABASE_URL|--/)
  const { message, origins, reason, setting } = error
  assert.strictEqual(reason, "invalid")
  return { message, setting, origin: origins?.[setting] }
})

const defaults = {
  host: "localhost",
  port: 5432,
  database: "user_activity",
  username: "postgres",
  password: undefined,
  sslmode: undefined,
  sslrootcert: undefined,
  connectTimeout: 10,
  applicationName: undefined,
  startupOptions: undefined,
}

// A path of one or two dots means another path to a URL.
const Part = Schema.NonEmptyString.check(
  Schema.makeFilter((text) => text.isWellFormed() && !text.includes("\0") && text !== "." && text !== ".."),
)

describe("serverVariables", () => {
  it.effect("has libpq's defaults, for what is empty too", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read({}), defaults)
      assert.deepStrictEqual(yield* read({ DATABASE_URL: "", DB_HOST: "", DB_PORT: "", DB_PASS: "" }), defaults)
    }),
  )

  it.effect("reads the variables", () =>
    Effect.gen(function* () {
      const env = {
        DB_HOST: "db.example.com",
        DB_PORT: "6543",
        DB_USER: "loader",
        DB_PASS: "p w",
        DB_NAME: "activity",
        DB_SSLMODE: "verify-full",
        DB_SSLROOTCERT: "/etc/ca.pem",
      }
      assert.deepStrictEqual(yield* read(env), {
        ...defaults,
        host: "db.example.com",
        port: 6543,
        username: "loader",
        password: "p w",
        database: "activity",
        sslmode: "verify-full",
        sslrootcert: "/etc/ca.pem",
      })
    }),
  )

  it.effect.prop("reads any percent-encoded connection string", { user: Part, password: Part, name: Part }, (parts) =>
    Effect.gen(function* () {
      const [user, password, name] = [parts.user, parts.password, parts.name].map(encodeURIComponent)
      const expected = {
        ...defaults,
        host: "::1",
        port: 5433,
        username: parts.user,
        password: parts.password,
        database: parts.name,
        sslmode: "require" as const,
      }
      const DATABASE_URL = `postgresql://${user}:${password}@[::1]:5433/${name}?sslmode=require`
      assert.deepStrictEqual(yield* read({ DATABASE_URL }), expected)
      const asParameters = `postgres:///?host=::1&port=5433&user=${user}&password=${password}&dbname=${name}&sslmode=require`
      assert.deepStrictEqual(yield* read({ DATABASE_URL: asParameters }), expected)
    }),
  )

  it.effect("prefers the flag to DATABASE_URL, and both to the variables, part by part", () =>
    Effect.gen(function* () {
      const env = { DATABASE_URL: "postgres://u@url:1/url", DB_HOST: "h", DB_PASS: "secret", DB_SSLMODE: "disable" }
      const fromUrl = { ...defaults, host: "url", port: 1, username: "u", database: "url", password: "secret" }
      assert.deepStrictEqual(yield* read(env), { ...fromUrl, sslmode: "disable" })
      assert.deepStrictEqual(yield* read(env, "postgres://flag?sslmode=require&connect_timeout=3"), {
        ...defaults,
        host: "flag",
        password: "secret",
        sslmode: "require",
        connectTimeout: 3,
      })
    }),
  )

  it.effect("takes the directory of a Unix socket", () =>
    Effect.gen(function* () {
      for (const url of ["postgres://%2Fvar%2Frun/db", "postgres:///db?host=/var/run"]) {
        assert.deepStrictEqual(yield* read({}, url), { ...defaults, host: "/var/run", database: "db" })
      }
    }),
  )

  it.effect("names the setting that is wrong, and where it was read", () =>
    Effect.gen(function* () {
      for (const port of ["abc", "0", "65536", "-1", "5432.5", "1e3"]) {
        assert.deepInclude(yield* refusal({ DB_PORT: port }), { setting: "port", origin: "DB_PORT" })
      }
      const mode = yield* refusal({ DB_SSLMODE: "on" })
      assert.deepInclude(mode, { setting: "sslmode", origin: "DB_SSLMODE" })
      assert.include(mode.message, "verify-full")
      assert.deepInclude(yield* refusal({}, "postgres://h?sslmode=on"), { setting: "sslmode", origin: undefined })
      const ofUrl = yield* refusal({ DATABASE_URL: "postgres://h?sslmode=on", DB_SSLMODE: "require" })
      assert.deepInclude(ofUrl, { setting: "sslmode", origin: "DATABASE_URL" })
      const timeout = yield* refusal({ DATABASE_URL: "postgres://h?connect_timeout=-1" })
      assert.deepInclude(timeout, { setting: "connectTimeout", origin: "DATABASE_URL" })
      assert.deepInclude(yield* refusal({ DATABASE_URL: "mysql://h/db" }), { setting: "url", origin: "DATABASE_URL" })
      assert.deepInclude(yield* refusal({ DATABASE_URL: "mysql://h/db" }, "postgres://h/d#x"), {
        setting: "url",
        origin: undefined,
      })
      for (const env of [{ DATABASE_URL: "postgres://a,b/db" }, { DB_HOST: "a,b" }]) {
        assert.include((yield* refusal(env)).message, "The host must be one host.")
      }
      assert.include((yield* refusal({ DATABASE_URL: "postgres://h/db?sslcert=x" })).message, "not supported")
    }),
  )

  const secret = "Canary"

  it.effect.prop(
    "shows nothing of a connection string that cannot be read",
    { before: Schema.String, between: Schema.String, after: Schema.String },
    ({ before, between, after }) =>
      Effect.gen(function* () {
        for (const password of [`${before}${secret}${between}${secret}${after}`, `${secret}${after}`]) {
          for (const url of [
            `postgres://user:${password}@host:5432/db`,
            `postgres://user:12${password}@host/db`,
            `postgres://user:12/${password}@host/db`,
            `postgres://user:12?${password}@host/db`,
            `postgres://user:12#${password}@host/db`,
            `${password}`,
          ]) {
            const outcome = yield* Effect.result(read({ DATABASE_URL: url }))
            if (outcome._tag === "Failure") {
              assert.notInclude(JSON.stringify(outcome.failure) + String(outcome.failure), secret)
            } else {
              // Where it could be read, the password and nothing else holds the secret.
              const { password: found, ...rest } = outcome.success
              assert.include(found ?? "", secret)
              assert.notInclude(JSON.stringify(rest), secret)
            }
          }
        }
      }),
  )

  it.effect("tells whether a server is configured", () =>
    Effect.gen(function* () {
      assert.isFalse(yield* isConfigured.pipe(within({ PATH: "/bin", DB_OTHER: "x", DB_HOST: "", DATABASE_URL: "" })))
      for (const name of ["DATABASE_URL", "DB_USER", "DB_PASS", "DB_HOST", "DB_PORT", "DB_NAME", "DB_SSLMODE"]) {
        assert.isTrue(yield* isConfigured.pipe(within({ [name]: "x" })), name)
      }
    }),
  )

  it.effect("prefers the options to all that it reads, and says which settings are their defaults", () =>
    Effect.gen(function* () {
      const env = { DATABASE_URL: "postgres://u:p@url:1/url", DB_SSLMODE: "require" }
      const options: PgServerOptions = { host: "own", password: Redacted.make("own") }
      const { host, origins, password, port, sslmode, unset } = yield* settings(options).pipe(within(env))
      assert.deepStrictEqual(
        { host, port, sslmode, password: Redacted.value(password!) },
        {
          host: "own",
          port: 1,
          sslmode: "require",
          password: "own",
        },
      )
      assert.deepStrictEqual(origins, {
        url: "DATABASE_URL",
        port: "DATABASE_URL",
        username: "DATABASE_URL",
        database: "DATABASE_URL",
        sslmode: "DB_SSLMODE",
        sslrootcert: "DB_SSLROOTCERT",
      })
      assert.deepStrictEqual([...unset], ["sslrootcert"])
    }),
  )

  const psql = { PGHOST: "pg", PGPORT: "1", PGUSER: "u", PGDATABASE: "crm", PGPASSWORD: "p", PGSSLMODE: "require" }

  it.effect("reads libpq's variables where nothing of ours names a server", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read({ ...psql, PGSSLROOTCERT: "/ca.pem", DB_HOST: "" }), {
        ...defaults,
        host: "pg",
        port: 1,
        username: "u",
        database: "crm",
        password: "p",
        sslmode: "require",
        sslrootcert: "/ca.pem",
      })
      const { origins } = yield* settings({}).pipe(within(psql))
      assert.deepInclude(origins, { host: "PGHOST", password: "PGPASSWORD", sslrootcert: "PGSSLROOTCERT" })
      assert.deepStrictEqual(yield* ignoredVariables({ isEmbedded: false, url: undefined }).pipe(within(psql)), [])
      for (const name of ["PGHOST", "PGPORT", "PGUSER", "PGDATABASE"]) {
        assert.isTrue(yield* isConfigured.pipe(within({ [name]: "1" })), name)
      }
      assert.deepInclude(yield* refusal({ PGPORT: "x" }), { setting: "port", origin: "PGPORT" })
      assert.deepInclude(yield* refusal({ PGHOST: "h", PGSSLMODE: "on" }), { setting: "sslmode", origin: "PGSSLMODE" })
      assert.deepInclude(yield* refusal({ PGHOST: "a,b" }), { setting: "host", origin: "PGHOST" })
    }),
  )

  it.effect("ignores all of libpq's variables beside any of ours, and where none of them chooses a server", () =>
    Effect.gen(function* () {
      const names = ["PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSSLMODE"]
      const ignored = (env: Record<string, string>, isEmbedded = false, url?: string) =>
        ignoredVariables({ isEmbedded, url: url === undefined ? undefined : Redacted.make(url) }).pipe(within(env))
      for (const [name, value] of [
        ["DB_PASS", "ours"],
        ["DB_NAME", "ours"],
        ["DATABASE_URL", "postgres:///ours"],
      ] as const) {
        const env = { ...psql, [name]: value }
        const expected = name === "DB_PASS" ? { ...defaults, password: "ours" } : { ...defaults, database: value }
        assert.deepStrictEqual(yield* read(env), name === "DATABASE_URL" ? { ...defaults, database: "ours" } : expected)
        assert.sameMembers([...(yield* ignored(env))], names)
      }
      assert.deepStrictEqual(yield* read(psql, "postgres://flag"), { ...defaults, host: "flag" })
      assert.sameMembers([...(yield* ignored(psql, false, "postgres://flag"))], names)
      assert.sameMembers([...(yield* ignored(psql, true))], names)

      const alone = { PGPASSWORD: "p", PGSSLMODE: "require", PGSSLROOTCERT: "/ca.pem", PGPASSFILE: "/f" }
      assert.isFalse(yield* isConfigured.pipe(within(alone)))
      assert.deepStrictEqual(yield* read(alone), defaults)
      assert.sameMembers([...(yield* ignored(alone))], ["PGPASSWORD", "PGSSLMODE", "PGSSLROOTCERT"])
    }),
  )
})
