import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Duration, Effect, Redacted } from "effect"
import { DatabaseConfigError } from "../../src/domain/DatabaseError.ts"
import { type PgServerOptions, resolve } from "../../src/database/ServerSettings.ts"

/** Everything that the command reads. */
const environment = ConfigProvider.fromEnv({
  env: {
    DATABASE_URL: "postgres://env:env@env:1/env",
    DB_HOST: "db",
    DB_PASS: "db",
    DB_SSLMODE: "nonsense",
    PGHOST: "pg",
    PGPASSFILE: "/nowhere",
  },
})

const read = (options: PgServerOptions) =>
  resolve(options).pipe(Effect.provideService(ConfigProvider.ConfigProvider, environment))

describe("the settings of options", () => {
  it.effect("have defaults, whatever the environment has", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read({}), {
        host: "localhost",
        port: 5432,
        database: "user_activity",
        username: "postgres",
        password: undefined,
        sslmode: undefined,
        sslrootcert: undefined,
        connectTimeout: Duration.seconds(10),
        applicationName: undefined,
        startupOptions: undefined,
        maxConnections: 10,
        idleInTransaction: undefined,
        origins: undefined,
        unset: new Set(["host", "port", "username", "password", "database", "sslmode", "sslrootcert"] as const),
        passwordFile: undefined,
      })
    }),
  )

  it.effect("are those of the URL, text or redacted, with other options before it", () =>
    Effect.gen(function* () {
      const url = "postgres://u:p@h:7/d?sslmode=require&connect_timeout=0&application_name=app&options=-c%20x%3D1"
      for (const each of [url, Redacted.make(url)]) {
        const { password, ...settings } = yield* read({ url: each, database: "own", idleInTransaction: "15 seconds" })
        assert.strictEqual(password && Redacted.value(password), "p")
        assert.deepInclude(settings, {
          host: "h",
          port: 7,
          username: "u",
          database: "own",
          sslmode: "require",
          connectTimeout: Duration.infinity,
          applicationName: "app",
          startupOptions: "-c x=1",
          idleInTransaction: Duration.seconds(15),
        })
      }
    }),
  )

  const wrong: ReadonlyArray<readonly [DatabaseConfigError["setting"], PgServerOptions]> = [
    ["url", { url: "not a URL with Canary" }],
    ["url", { url: "mysql://u:Canary@h/d" }],
    ["host", { host: "" }],
    ["host", { host: "a,b" }],
    ["port", { port: 0 }],
    ["port", { port: Number.NaN }],
    ["port", { port: 1.5 }],
    ["database", { database: "" }],
    ["username", { username: "" }],
    ["sslmode", { sslmode: "on" as never }],
    ["connectTimeout", { connectTimeout: 0 }],
    ["connectTimeout", { connectTimeout: "soon" as never }],
    ["maxConnections", { maxConnections: 0 }],
    ["maxConnections", { maxConnections: Number.NaN }],
    ["idleInTransaction", { idleInTransaction: "-1 second" }],
  ]

  it.effect.each(wrong)("name the %s that is invalid, and no variable", ([setting, options]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read(options))
      assert(error instanceof DatabaseConfigError)
      assert.deepInclude(error, { setting, reason: "invalid" })
      assert.isFalse("origins" in error)
      assert.notMatch(error.message, /DB_|PG[A-Z]|DATABASE_URL|--/)
      assert.notInclude(JSON.stringify(error) + String(error), "Canary")
    }),
  )
})
