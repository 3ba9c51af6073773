import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { bin, compileCache } from "../utils/command.ts"
import { fakeIpApi } from "../utils/ipApi.ts"
import { clientLayer, sharedPostgres, temporaryDirectory } from "../utils/postgres.ts"
import { S3Server } from "../utils/s3.ts"
import { difference } from "./expectedOutput.ts"
import { examplesOf, pagePaths, readLines, root } from "./page.ts"
import { makeShell } from "./Shell.ts"

// `npm run test:pages`: the commands of README and the pages, run as a reader would copy them.

const bucket = "em-datasets"
const inputs = ["user_activity_1.csv", "user_activity_2.csv", "user_activity_3.csv"]

/** The store that the pages name, with the files of `input/`. */
const s3 = Layer.effectDiscard(
  Effect.gen(function* () {
    const { makeBucket, put } = yield* S3Server
    yield* makeBucket(bucket)
    for (const name of inputs) yield* put(bucket, `user_activity/${name}`, readFileSync(join(root, "input", name)))
  }),
).pipe(Layer.provideMerge(S3Server.layer))

/** A server with the role that the pages name, and without the databases that another page has made. */
const emptyServer = Effect.gen(function* () {
  const server = yield* sharedPostgres
  yield* Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    for (const { name } of yield* sql<{ name: string }>`
      select datname as name from pg_database where not datistemplate and datname <> 'postgres'`)
      yield* sql`drop database ${sql(name)} with (force)`
    for (const { name } of yield* sql<{ name: string }>`
      select rolname as name from pg_roles where rolname !~ '^(pg_|postgres$|tls_only$)'`)
      yield* sql`drop role ${sql(name)}`
    yield* sql`create role etl login superuser password 'secret'`
  }).pipe(Effect.provide(clientLayer(server, "postgres")), Effect.scoped)
  return server
})

/** A checkout as it is after `npm ci`, and a folder of commands with `etl`. */
const makeFolders = Effect.gen(function* () {
  const home = yield* temporaryDirectory
  const [directory, commands] = [join(home, "activity"), join(home, "bin")]
  for (const path of [directory, commands]) mkdirSync(path)
  cpSync(join(root, "input"), join(directory, "input"), { recursive: true })
  for (const name of ["column_mappings.json", "package.json"]) cpSync(join(root, name), join(directory, name))
  for (const name of ["src", "node_modules"]) symlinkSync(join(root, name), join(directory, name))
  const command = (name: string, script: string): void =>
    writeFileSync(join(commands, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  command("etl", `exec '${process.execPath}' '${bin()}' "$@"`)
  // `npm ci` has been run.
  command("npm", `[ "$1" = ci ] || PATH=\${PATH#*:} exec npm "$@"`)
  return { home, directory, commands }
})

describe("the commands of", () => {
  it.live.each(pagePaths.map((path) => [path] as const))("%s do what the page shows", ([path]) =>
    Effect.gen(function* () {
      const server = yield* emptyServer
      const { endpoint } = yield* S3Server
      const service = yield* fakeIpApi({ requests: 1_000 })
      const { commands, directory, home } = yield* makeFolders
      /** What pages call it, and what it is here. */
      const names: ReadonlyArray<readonly [shown: string, real: string]> = [
        ["/home/me/activity", directory],
        ["/home/me", home],
        ["https://minio.example.com", endpoint],
        ["http://ip-api.com/batch", service.url],
        ["ip-api.com", new URL(service.url).host],
        ["5432", String(server.port)],
        ["db.example.com", server.host],
      ]
      const toReal = (text: string) => names.reduce((all, [shown, real]) => all.replaceAll(shown, real), text)
      const toShown = (text: string) => names.reduce((all, [shown, real]) => all.replaceAll(real, shown), text)

      const shell = makeShell(directory, {
        HOME: home,
        PATH: [commands, dirname(process.execPath), "/usr/local/bin", "/usr/bin", "/bin"].join(":"),
        LANG: "C.UTF-8",
        TZ: "UTC",
        NODE_COMPILE_CACHE: compileCache(),
        IP_API_URL: service.url,
      })
      for (const { commands, exitCode, line, output } of examplesOf(readLines(path))) {
        const ended = yield* shell(toReal(commands))
        const printed = toShown(ended.output)
        assert.strictEqual(ended.code, exitCode, `${path}:${line} ends with ${ended.code}:\n${printed}`)
        if (output === undefined) continue
        const found = difference(printed, output)
        if (found !== undefined) assert.fail(`${path}:${line}: ${found}`)
      }
    }).pipe(Effect.provide(s3), Effect.scoped),
  )
})
