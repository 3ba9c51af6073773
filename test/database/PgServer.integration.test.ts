import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, type Layer, Logger, Redacted, Runtime } from "effect"
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import type { Socket } from "node:net"
import { homedir } from "node:os"
import { join } from "node:path"
import { beforeAll, inject, vi } from "vitest"
import { advise } from "../../src/cli/advice.ts"
import { Database } from "../../src/domain/Database.ts"
import { DatabaseError, fromSqlError } from "../../src/domain/DatabaseError.ts"
import * as PgServer from "../../src/database/PgServer.ts"
import { sessionParameters } from "../../src/database/session.ts"
import { Advice, explain } from "../../src/observability/Advice.ts"
import { makeClient } from "../../src/postgres/client.ts"
import { makeCertificates } from "../utils/certificates.ts"
import { environment, freePort, freshDatabase, sharedPostgres, temporaryDirectory } from "../utils/postgres.ts"
import { relay, tcpServer } from "../utils/tcp.ts"

// Not the home of the person who runs the tests: libpq's root certificate may be there.
beforeAll(() => void vi.stubEnv("HOME", inject("runDirectory")))

/** Runs an effect with the client of a layer, where the variables are these. */
const usingLayer = <A, E, E2>(
  env: Record<string, string>,
  effect: Effect.Effect<A, E, PgClient.PgClient>,
  layer: Layer.Layer<PgClient.PgClient, E2>,
) =>
  effect.pipe(
    Effect.provide(layer),
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env })),
  )

/** Runs an effect against the server that the variables name, below the options. */
const using = <A, E>(
  env: Record<string, string>,
  effect: Effect.Effect<A, E, PgClient.PgClient>,
  options: PgServer.PgServerOptions = {},
) => usingLayer(env, effect, PgServer.layerConfig({ maxConnections: 1, ...options }))

const shared = Effect.map(sharedPostgres, (server) => ({ server, env: environment(server, "postgres") }))

const encrypted = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const [row] = yield* sql<{ ssl: boolean }>`select ssl from pg_stat_ssl where pid = pg_backend_pid()`
  return row!.ssl
})

/** Where the error's setting was read. */
const originOf = ({ origins, setting }: DatabaseError): string | undefined => origins?.[setting!]

/**
 * The error of a connection that must fail: exit code 6, the server and the user named, the password not, and no
 * variable.
 */
const refusal = Effect.fnUntraced(function* (env: Record<string, string>, options?: PgServer.PgServerOptions) {
  const error = yield* Effect.flip(using(env, encrypted, options))
  assert(error instanceof DatabaseError, String(error))
  assert.strictEqual(error[Runtime.errorExitCode], 6)
  for (const part of ["DB_HOST", "DB_PORT", "DB_USER", "DB_NAME"]) assert.include(error.message, env[part]!)
  assert.notInclude(JSON.stringify(error) + String(error), env.DB_PASS!)
  assert.notMatch(error.message, /DB_|PG[A-Z]|DATABASE_URL|--database-url/)
  return error
})

/** Stands between client and server and says that there is no TLS. */
const withoutTls = (port: number) =>
  tcpServer((client: Socket) => {
    client.once("data", (first: Buffer) => {
      const server = relay(client, port)
      if (first.length === 8) client.write("N")
      else server.write(first)
    })
  })

/** Stands between client and server; for the first connections it is a server that is starting. */
const whileStarting = (port: number, connections: number) => {
  let left = connections
  const fields = ["SFATAL", "VFATAL", "C57P03", "Mthe database system is starting up"]
  const body = Buffer.from(`${fields.join("\0")}\0\0`)
  const answer = Buffer.concat([Buffer.from("E...."), body])
  answer.writeUInt32BE(body.length + 4, 1)
  return tcpServer((client: Socket) => {
    const isStarting = left-- > 0
    client.on("data", function refuse(first: Buffer) {
      if (first.length === 8) return void client.write("N")
      client.off("data", refuse)
      if (isStarting) client.end(answer)
      else relay(client, port).write(first)
    })
  })
}

describe("PgServer", () => {
  it.live("waits for a server that is starting, and logs it once", () =>
    Effect.gen(function* () {
      const { env, server } = yield* shared
      const lines: Array<unknown> = []
      const port = yield* whileStarting(server.port, 2)
      assert.isFalse(
        yield* using({ ...env, DB_PORT: String(port), DB_SSLMODE: "disable" }, encrypted).pipe(
          Effect.provide(Logger.layer([Logger.make(({ message }) => lines.push(message))])),
        ),
      )
      assert.deepStrictEqual(lines, [
        [`PostgreSQL at 127.0.0.1:${port} is starting up or shutting down. Retrying for up to 1 minute.`],
      ])
    }).pipe(Effect.scoped),
  )

  it.live("has the settings of every session, on every connection", () =>
    Effect.gen(function* () {
      const { env } = yield* shared
      const look = Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        for (const [name, value] of Object.entries(sessionParameters)) {
          const [row] = yield* sql<{ same: boolean }>`
            select reset_val = set_config(name, ${value}, true) or reset_val like ${`${value}, %`}
              or (reset_val || unit)::interval = set_config(name, ${value}, true)::interval as same
            from pg_settings where lower(name) = ${name}`
          assert.deepStrictEqual(row, { same: true }, name)
        }
        const [row] = yield* sql`select current_database() as name, pg_sleep(0.05)::text as slept`
        assert.deepStrictEqual(row, { name: "postgres", slept: "" })
      })
      yield* using(env, Effect.all([look, look, look], { concurrency: 3 }), { maxConnections: 3 })
    }),
  )

  it.live("takes a fresh database by connection string, and a value of 20 MB", () =>
    Effect.gen(function* () {
      const { server } = yield* shared
      const name = yield* freshDatabase
      const url = `postgres://${server.username}:${server.password}@${server.host}:${server.port}/${name}`
      const look = Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const value = new Uint8Array(20_000_000).map((_, index) => index * 31)
        const [row] = yield* sql<{ value: Uint8Array; name: string }>`
          select ${value}::bytea as value, current_database() as name`
        assert.strictEqual(row!.name, name)
        assert(Buffer.from(row!.value).equals(value))
      })
      yield* using({ DB_HOST: "elsewhere.invalid" }, look, { url })
    }),
  )

  it.live("named by options alone is the same whatever the variables are", () =>
    Effect.gen(function* () {
      const { env, server } = yield* shared
      const name = yield* freshDatabase
      const { host, password, port, username } = server
      const url = `postgres://${username}:${password}@${host}:${port}/${name}`
      const options = { host, port, username, password: Redacted.make(password), database: name }
      const look = Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const [row] = yield* sql<{ name: string; max: number }>`select current_database() as name`
        assert.deepInclude(yield* Database, { kind: "server", name: `PostgreSQL ${name} at ${host}:${port}` })
        return row!.name
      })
      const hostile = [
        { DB_SSLMODE: "verify-full", DB_SSLROOTCERT: "/nowhere", DB_HOST: "nowhere.invalid", DB_NAME: "other" },
        { ...env, DATABASE_URL: "mysql://nonsense", PGHOST: "nowhere.invalid", PGPASSFILE: "/dev/null" },
        { DB_PORT: "nonsense", DB_SSLMODE: "nonsense" },
      ]
      for (const variables of hostile) {
        for (const layer of [PgServer.layer({ url }), PgServer.layer({ url: Redacted.make(url) })]) {
          assert.strictEqual(yield* usingLayer(variables, look, layer), name)
        }
        assert.strictEqual(yield* usingLayer(variables, look, PgServer.layer(options)), name)
      }

      const failure = (options: PgServer.PgServerOptions) =>
        Effect.flip(usingLayer(env, encrypted, PgServer.layer({ host, port, ...options })))
      const unknown = yield* failure({})
      assert.deepInclude(unknown, { reason: "noPassword", setting: "password" })
      assert.isFalse("origins" in unknown)
      assert.deepInclude(yield* failure({ sslmode: "verify-full" }), {
        _tag: "DatabaseConfigError",
        setting: "sslrootcert",
        reason: "missing",
      })
    }),
  )

  it.live("ends a session that is idle in a transaction for too long", () =>
    Effect.gen(function* () {
      const { env } = yield* shared
      const shown = Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const [row] = yield* sql<{ time: string }>`
          select current_setting('idle_in_transaction_session_timeout') as time`
        return row!.time
      })
      assert.strictEqual(yield* using(env, shown), "0")
      assert.strictEqual(yield* using(env, shown, { idleInTransaction: "15 seconds" }), "15s")
      assert.strictEqual(yield* using(env, shown, { idleInTransaction: "1 micro" }), "1ms")
      assert.strictEqual(yield* using(env, shown, { idleInTransaction: Infinity }), "2147483647ms")
    }),
  )

  it.live("takes the directory of a Unix socket, where the sslmode does not matter", () =>
    Effect.gen(function* () {
      const { env, server } = yield* shared
      assert.isFalse(yield* using({ ...env, DB_HOST: server.socketDirectory, DB_SSLMODE: "require" }, encrypted))
    }),
  )

  it.live("a lost connection in a transaction is an error that may pass, and the pool goes on", () =>
    Effect.gen(function* () {
      const { env } = yield* shared
      const lose = Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const error = yield* Effect.flip(
          (yield* makeClient).withTransaction(sql`select pg_terminate_backend(pg_backend_pid())`),
        )
        assert.isTrue(fromSqlError(error).retryable, String(error))
        assert.deepStrictEqual(yield* sql`select 1 as one`, [{ one: 1 }])
      })
      yield* using(env, lose)
    }),
  )

  it.live("errors of statements do not quote values", () =>
    Effect.gen(function* () {
      const { env } = yield* shared
      const secret = "Canary"
      const fail = Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        yield* sql`create temporary table single (text text unique check (length(text) < 9))`
        yield* sql`insert into single values (${secret})`
        const raise = sql.literal(`do $$ begin raise exception '${secret}'; end $$`)
        const failing = {
          "22P02": sql`select ${secret}::text::integer`,
          "22007": sql`select ${secret}::text::date`,
          "23505": sql`insert into single values (${secret})`,
          "23514": sql`insert into single values (${secret + secret})`,
          P0001: sql`${raise}`,
        }
        for (const [state, statement] of Object.entries(failing)) {
          const error = fromSqlError(yield* Effect.flip(statement))
          assert.strictEqual(error.sqlState, state)
          assert.isFalse(error.retryable)
          assert.include(error.message, state)
          assert.notInclude(JSON.stringify(error) + String(error), secret)
        }
        const unencodable = yield* Effect.flip(sql`select ${{ secret, toString: () => secret } as never}`)
        assert.notInclude(JSON.stringify(fromSqlError(unencodable)), secret)
      })
      yield* using(env, fail)
    }),
  )
})

describe("TLS", () => {
  it.live("takes libpq's root certificate from the home directory", () =>
    Effect.gen(function* () {
      const { env, server } = yield* shared
      const directory = join(homedir(), ".postgresql")
      const file = join(directory, "root.crt")
      yield* Effect.acquireRelease(
        Effect.sync(() => mkdirSync(directory)),
        () => Effect.sync(() => rmSync(directory, { recursive: true })),
      )
      writeFileSync(file, makeCertificates("localhost").ca)
      assert.include((yield* refusal({ ...env, DB_SSLMODE: "require" })).message, "not trusted")
      const { host, password, port, username } = server
      const alone = { host, port, username, password: Redacted.make(password), database: "postgres" }
      const untouched = PgServer.layer({ ...alone, sslmode: "require" })
      assert.isTrue(yield* usingLayer({}, encrypted, untouched), "options alone do not look there")
      copyFileSync(server.rootCertificate, file)
      assert.isTrue(yield* using({ ...env, DB_SSLMODE: "verify-ca" }, encrypted))
    }).pipe(Effect.scoped),
  )

  // The server's certificate is for localhost, not for 127.0.0.1, and is signed by a CA of its own.
  const cases = (ca: string) =>
    [
      [{}, true],
      [{ DB_SSLMODE: "disable" }, false],
      [{ DB_SSLMODE: "allow" }, false],
      [{ DB_SSLMODE: "prefer" }, true],
      [{ DB_SSLMODE: "require" }, true],
      [{ DB_SSLMODE: "require", DB_SSLROOTCERT: ca }, true],
      [{ DB_SSLMODE: "verify-ca", DB_SSLROOTCERT: ca }, true],
      [{ DB_SSLMODE: "verify-full", DB_SSLROOTCERT: ca, DB_HOST: "localhost" }, true],
      [{ DB_SSLMODE: "allow", DB_USER: "tls_only" }, true],
    ] as const

  it.live("is as libpq's modes say", () =>
    Effect.gen(function* () {
      const { env, server } = yield* shared
      for (const [settings, expected] of cases(server.rootCertificate)) {
        assert.strictEqual(yield* using({ ...env, ...settings }, encrypted), expected, JSON.stringify(settings))
      }
      const url = `postgres://localhost?sslmode=verify-full&sslrootcert=${encodeURIComponent(server.rootCertificate)}`
      assert.isTrue(yield* using(env, encrypted, { url }))
    }),
  )

  it.live("refuses a certificate that is not trusted, and says what to set", () =>
    Effect.gen(function* () {
      const { env, server } = yield* shared
      const stranger = join(yield* temporaryDirectory, "stranger.crt")
      writeFileSync(stranger, makeCertificates("localhost").ca)
      for (const mode of ["require", "verify-ca", "verify-full"]) {
        const settings = { ...env, DB_HOST: "localhost", DB_SSLMODE: mode, DB_SSLROOTCERT: stranger }
        const error = yield* refusal(settings)
        assert.include(error.message, "not trusted")
        assert.deepInclude(error, { reason: "certificate", setting: "sslrootcert", retryable: false })
        assert.strictEqual(originOf(error), "DB_SSLROOTCERT")
      }
      const optional = { ...env, DB_SSLMODE: "prefer", DB_SSLROOTCERT: stranger }
      assert.isFalse(yield* using(optional, encrypted), "prefer takes a plain connection to a server it cannot trust")
      const system = yield* refusal({ ...env, DB_HOST: "localhost", DB_SSLROOTCERT: "system" })
      assert.include(system.message, "not trusted")
      const otherName = { ...env, DB_SSLMODE: "verify-full", DB_SSLROOTCERT: server.rootCertificate }
      assert.include((yield* refusal(otherName)).message, "another host name")
    }).pipe(Effect.scoped),
  )

  it.live("is optional or demanded where the server has none", () =>
    Effect.gen(function* () {
      const { env, server } = yield* shared
      const plain = { ...env, DB_PORT: String(yield* withoutTls(server.port)) }
      for (const mode of ["disable", "allow", "prefer"]) {
        assert.isFalse(yield* using({ ...plain, DB_SSLMODE: mode }, encrypted), mode)
      }
      const error = yield* refusal({ ...plain, DB_SSLMODE: "require" })
      assert.include(error.message, "offers no TLS")
      assert.deepInclude(error, { reason: "tls", setting: "sslmode" })
    }).pipe(Effect.scoped),
  )

  it.live("a root certificate that cannot be used is a wrong setting", () =>
    Effect.gen(function* () {
      const { env } = yield* shared
      const missing = join(yield* temporaryDirectory, "missing.crt")
      for (const [settings, expected] of [
        [{ DB_SSLROOTCERT: missing }, { setting: "sslrootcert", reason: "unreadable" }],
        [
          { DB_SSLMODE: "verify-ca", DB_SSLROOTCERT: missing },
          { setting: "sslrootcert", reason: "unreadable" },
        ],
        [{ DB_SSLMODE: "verify-ca" }, { setting: "sslrootcert", reason: "missing" }],
        [
          { DB_SSLMODE: "require", DB_SSLROOTCERT: "system" },
          { setting: "sslmode", reason: "invalid" },
        ],
      ] as const) {
        const error = yield* Effect.flip(using({ ...env, ...settings }, encrypted))
        assert(error._tag === "DatabaseConfigError", String(error))
        assert.deepInclude(error, expected)
        assert.strictEqual(error.origins?.sslmode, "DB_SSLMODE")
        assert.notInclude(error.message, "DB_")
        assert.strictEqual(error[Runtime.errorExitCode], 2)
      }
    }).pipe(Effect.scoped),
  )
})

const until = (holds: () => boolean) =>
  Effect.suspend(() => Effect.repeat(Effect.delay(Effect.sync(holds), "5 millis"), { until: (is) => is }))

/** A message that asks for a password: 3 for its text, 5 for a hash of it, 10 for a proof. */
const authentication = (method: number, rest: string | Uint8Array = ""): Buffer => {
  const body = Buffer.from(rest)
  const head = Buffer.from([0x52, 0, 0, 0, 0, 0, 0, 0, method])
  head.writeInt32BE(8 + body.length, 1)
  return Buffer.concat([head, body])
}

/** Joins with the server at `port`, until it turns hostile: then it has no TLS, and answers each start with these. */
const hostileServer = Effect.fnUntraced(function* (port: number, answers: ReadonlyArray<Uint8Array>) {
  const state = { isHostile: true, connections: 0, received: "" }
  const own = yield* tcpServer((client) => {
    state.connections++
    client.once("data", (first: Buffer) => {
      if (!state.isHostile) return void relay(client, port).write(first)
      client.on("data", (bytes: Buffer) => (state.received += bytes.toString("latin1")))
      const answer = (): void => {
        let sent = 0
        for (const bytes of answers) setTimeout(() => client.write(bytes), 10 * sent++)
      }
      if (first.length !== 8) return answer()
      client.write("N")
      client.once("data", answer)
    })
  })
  return { state, port: String(own) }
})

describe("a password in clear text", () => {
  const ways: Readonly<Record<string, ReadonlyArray<Uint8Array>>> = {
    "at once": [authentication(3)],
    "in two pieces": [authentication(3).subarray(0, 5), authentication(3).subarray(5)],
    "after a parameter": [Buffer.from("S\0\0\0\x08a\0b\0"), authentication(3)],
    "after another way": [authentication(10, "SCRAM-SHA-256\0\0"), authentication(3)],
    "after another way, at once": [Buffer.concat([authentication(10, "SCRAM-SHA-256\0\0"), authentication(3)])],
    "after it let the client in": [authentication(0), authentication(3)],
  }

  it.live.each(Object.entries(ways))("is not sent without TLS when the server asks for it %s", ([, answers]) =>
    Effect.gen(function* () {
      const { env, server } = yield* shared
      const { port, state } = yield* hostileServer(server.port, answers)
      for (const mode of [{}, { DB_SSLMODE: "prefer" }]) {
        const error = yield* refusal({ ...env, ...mode, DB_PORT: port })
        assert.include(error.message, "asks for the password in clear text over a connection without TLS")
        assert.include(error.message, "Use sslmode require")
        assert.deepInclude(error, { reason: "clearText", setting: "sslmode", retryable: false })
        assert.strictEqual(originOf(error), "DB_SSLMODE")
      }
      assert.isAbove(state.connections, 2)
      assert.notInclude(state.received, env.DB_PASS!)
      const url = `postgres://127.0.0.1:${port}?sslmode=prefer`
      assert.isUndefined(originOf(yield* refusal({ ...env, DB_PORT: port }, { url })))
    }).pipe(Effect.scoped),
  )

  it.live("is not sent by a later connection, when the server has turned hostile", () =>
    Effect.gen(function* () {
      const { env, server } = yield* shared
      const plain = yield* withoutTls(server.port)
      const { port, state } = yield* hostileServer(plain, [authentication(3)])
      state.isHostile = false
      const look = Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        yield* sql.reserve
        state.isHostile = true
        const error = fromSqlError(yield* Effect.flip(sql`select 1`))
        assert.include(error.message, "asks for the password in clear text")
        assert.deepInclude(error, { reason: "clearText", setting: "sslmode", retryable: false })
        assert.strictEqual(originOf(error), "DB_SSLMODE")
      }).pipe(Effect.scoped)
      yield* using({ ...env, DB_PORT: port }, look, { maxConnections: 2 })
      assert.notInclude(state.received, env.DB_PASS!)
    }).pipe(Effect.scoped),
  )

  it.live("is sent where the settings say that the network is safe, and its hash always", () =>
    Effect.gen(function* () {
      const { env, server } = yield* shared
      for (const DB_SSLMODE of ["disable", "allow"]) {
        const { port, state } = yield* hostileServer(server.port, [authentication(3)])
        const isSent = until(() => state.received.includes(env.DB_PASS!))
        yield* Effect.raceFirst(isSent, using({ ...env, DB_PORT: port, DB_SSLMODE }, encrypted))
      }
      const { port, state } = yield* hostileServer(server.port, [authentication(5, "salt")])
      const isSent = until(() => /md5[0-9a-f]{32}/.test(state.received))
      yield* Effect.raceFirst(isSent, using({ ...env, DB_PORT: port }, encrypted))
    }).pipe(Effect.scoped),
  )

  it.live("a statement is still cancelled over a connection that is watched", () =>
    Effect.gen(function* () {
      const { env, server } = yield* shared
      const port = String(yield* withoutTls(server.port))
      const cancel = Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const [row] = yield* sql<{ pid: number }>`select pg_backend_pid() as pid`
        const sleeping = sql`select pg_sleep(60)`
        yield* Effect.timeoutOption(sleeping, "100 millis")
        yield* using(
          env,
          Effect.flatMap(PgClient.PgClient, (other) =>
            Effect.repeat(other`select 1 from pg_stat_activity where pid = ${row!.pid} and state = 'active'`, {
              until: (rows) => rows.length === 0,
            }),
          ),
        )
      })
      yield* using({ ...env, DB_PORT: port }, cancel)
    }).pipe(Effect.scoped),
  )
})

describe("a connection that fails", () => {
  it.live("for a wrong or missing password", () =>
    Effect.gen(function* () {
      const { env, server } = yield* shared
      const wrong = yield* refusal({ ...env, DB_PASS: "not-this-one" })
      assert.deepInclude(wrong, {
        sqlState: "28P01",
        reason: "wrongPassword",
        setting: "password",
        retryable: false,
      })
      assert.strictEqual(originOf(wrong), "DB_PASS")

      let connections = 0
      const counting = yield* tcpServer((client) => {
        connections++
        relay(client, server.port)
      })
      yield* refusal({ ...env, DB_PORT: String(counting), DB_PASS: "not-this-one" })
      assert.strictEqual(connections, 1, "the password was said again without TLS")

      const { DB_PASS: _, ...none } = env
      const error = yield* Effect.flip(using(none, encrypted))
      assert.include(error.message, "asks for a password.")
      assert.deepInclude(error, { reason: "noPassword", setting: "password" })
    }).pipe(Effect.scoped),
  )

  it.live("for a user that the server does not let in this way", () =>
    Effect.gen(function* () {
      const { env } = yield* shared
      const error = yield* refusal({ ...env, DB_USER: "tls_only", DB_SSLMODE: "disable" })
      assert.deepInclude(error, { sqlState: "28000", reason: "method", setting: "sslmode" })
      assert.include(error.message, "pg_hba.conf")

      const unknown = yield* refusal({ ...env, DB_USER: "no_such_user" })
      assert.match(unknown.message, /: there is no user no_such_user on the server\. Use another one\.$/)
      assert.deepInclude(unknown, { reason: "noUser", setting: "username" })
      assert.strictEqual(originOf(unknown), "DB_USER")
    }),
  )

  it.live("for a database that does not exist names the command that makes it", () =>
    Effect.gen(function* () {
      const { env, server } = yield* shared
      const error = yield* refusal({ ...env, DB_NAME: "it's missing" })
      assert.deepInclude(error, { sqlState: "3D000", reason: "noDatabase", setting: "database" })
      assert.include(
        error.message,
        `createdb --host 127.0.0.1 --port ${server.port} --username postgres 'it'\\''s missing'`,
      )
    }),
  )

  it.live("where nothing listens, or no such host is", () =>
    Effect.gen(function* () {
      const { env } = yield* shared
      const port = String(yield* freePort)
      for (const host of ["127.0.0.1", "localhost", "/nowhere"]) {
        const error = yield* refusal({ ...env, DB_HOST: host, DB_PORT: port })
        assert.include(error.message, "no server listens there. Start it, or correct the host and port.")
        assert.deepInclude(error, { reason: "refused", setting: "host", retryable: true })
        assert.strictEqual(error.origins?.port, "DB_PORT")
      }
      const unknown = yield* refusal({ ...env, DB_HOST: "nowhere.invalid" })
      assert.deepInclude(unknown, { reason: "unknownHost", setting: "host", retryable: true })
    }),
  )

  it.live("says in the command's words what of the connection string is wrong, and what of the variables", () =>
    Effect.gen(function* () {
      const { env, server } = yield* shared
      const port = yield* freePort
      const explained = (env: Record<string, string>, url?: string) =>
        Effect.flip(using(env, encrypted, { url })).pipe(
          Effect.flatMap((error) => explain(error as DatabaseError)),
          Effect.provideService(Advice, advise),
        )
      const nowhere = `postgres://127.0.0.1:${port}`
      const start = "Start it, or correct the host and port. Set"
      assert.include(yield* explained(env, nowhere), `${start} host and port in --database-url.`)
      assert.include(yield* explained({ DATABASE_URL: nowhere }), `${start} host and port in DATABASE_URL.`)
      assert.include(yield* explained(env, `postgres:///?port=${port}`), `${start} DB_HOST and port in --database-url.`)
      const password = yield* explained(env, `postgres://:geheim@127.0.0.1:${server.port}`)
      assert.include(password, "the password is wrong. Correct it. Set password in --database-url.")
      assert.notInclude(password, "geheim")
      const missing = yield* explained({ ...env, DB_NAME: "missing" })
      assert.match(missing, /: createdb .* missing$/)
    }),
  )

  it.live("where something else listens, or nothing answers", () =>
    Effect.gen(function* () {
      const { env } = yield* shared
      const web = yield* tcpServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"))
      for (const mode of ["disable", "prefer", "require"]) {
        const error = yield* refusal({ ...env, DB_PORT: String(web), DB_SSLMODE: mode })
        assert.include(error.message, "Is it a PostgreSQL server?")
        assert.strictEqual(error.reason, "notPostgres")
      }
      let connections = 0
      const silent = yield* tcpServer(() => connections++)
      const error = yield* refusal({ ...env, DB_PORT: String(silent) }, { url: "postgres:///?connect_timeout=1" })
      assert.include(error.message, "no answer")
      assert.deepInclude(error, { reason: "silence", retryable: true })
      assert.strictEqual(connections, 1, "it waited a second time")
    }).pipe(Effect.scoped),
  )
})
