import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as PgEmbedded from "../../src/database/PgEmbedded.ts"
import { freshFolder } from "../utils/embedded.ts"
import { clientLayer, freshDatabase, sharedPostgres, temporaryDirectory } from "../utils/postgres.ts"

const killAt = fileURLToPath(import.meta.resolve("./killAt.ts"))
const commitRows = fileURLToPath(import.meta.resolve("./commitRows.ts"))

/** Runs a program with a point; gives the signal that ended it, or its exit code and what it said. */
const run = (point: string, ...args: ReadonlyArray<string>): string => {
  const env = { KILL_AT: point }
  const { signal, status, stderr } = spawnSync(process.execPath, ["--import", killAt, ...args], {
    env,
    encoding: "utf8",
  })
  return signal ?? `${status}${stderr}`
}

/** The rows that `commitRows.ts` has committed; undefined where it has not even created its table. */
const committed = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const [table] = yield* sql<{ exists: boolean }>`select to_regclass('committed') is not null as exists`
  if (!table!.exists) return undefined
  return (yield* sql<{ n: number }>`select n from committed order by n`).map(({ n }) => n) as ReadonlyArray<number>
})

type Case = readonly [point: string, rows: ReadonlyArray<number> | undefined]

/** What is committed when the program is killed at a point. */
const commits: ReadonlyArray<Case> = [
  ["COMMIT:3:before", [1, 2]],
  ["COMMIT:3:sent+500", [1, 2, 3]],
  ["COMMIT:3:after", [1, 2, 3]],
]
const others: ReadonlyArray<Case> = [
  ["create table:1:before", undefined],
  ["BEGIN:3:before", [1, 2]],
  ["insert into committed:3:sent+20", [1, 2]],
  ["insert into committed:3:after", [1, 2]],
]

/** A fresh database of the server: its URL, and what is committed there. */
const makeServer = Effect.fnUntraced(function* (sslmode: string) {
  const server = yield* sharedPostgres
  const name = yield* freshDatabase
  const { username, password, host, port } = server
  return {
    url: `postgres://${username}:${password}@${host}:${port}/${name}?sslmode=${sslmode}`,
    rows: Effect.provide(committed, clientLayer(server, name)),
  }
})

describe("killAt", () => {
  it.live.each([...others, ...commits])("ends a server's client at %s", ([point, expected]) =>
    Effect.gen(function* () {
      const { url, rows } = yield* makeServer("disable")
      assert.strictEqual(run(point, commitRows, url), "SIGKILL")
      assert.deepStrictEqual(yield* rows, expected)
    }),
  )

  it.live.each(commits)("ends a server's client that uses TLS at %s", ([point, expected]) =>
    Effect.gen(function* () {
      const { url, rows } = yield* makeServer("require")
      assert.strictEqual(run(point, commitRows, url), "SIGKILL")
      assert.deepStrictEqual(yield* rows, expected)
    }),
  )

  it.live.each(commits.slice(0, 2))("ends the embedded database's client at %s", ([point, expected]) =>
    Effect.gen(function* () {
      const folder = yield* freshFolder
      assert.strictEqual(run(point, commitRows, folder), "SIGKILL")
      assert.deepStrictEqual(yield* Effect.provide(committed, PgEmbedded.layer({ directory: folder })), expected)
    }),
  )

  it.live("leaves a program alone that never comes to the point", () =>
    Effect.gen(function* () {
      const { url, rows } = yield* makeServer("disable")
      assert.strictEqual(run("COMMIT:6:before", commitRows, url), "0")
      assert.deepStrictEqual(yield* rows, [1, 2, 3, 4, 5])
    }),
  )

  it.live.each([
    ["write:file:2:before", "abcd"],
    ["write:file:2:half", "abcdef"],
    ["write:file:2:sent", "abcdefgh"],
    ["write:file:2:after", "abcdefgh"],
    ["rename:moved:1:before", "abcdefghijkl"],
    ["rename:moved:1:sent", undefined],
  ] as const)("ends a program that writes a file and moves it at %s", ([point, left]) =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const file = join(directory, "file")
      const program = join(directory, "program.mjs")
      writeFileSync(
        program,
        `import { openSync, renameSync, writeSync } from "node:fs"
        const file = openSync(process.argv[2], "w")
        for (const text of ["abcd", "efgh", "ijkl"]) writeSync(file, Buffer.from(text), 0, 4)
        renameSync(process.argv[2], process.argv[2] + "-moved")`,
      )
      assert.strictEqual(run(point, program, file), "SIGKILL")
      assert.strictEqual(existsSync(file) ? readFileSync(file, "utf8") : undefined, left)
      assert.strictEqual(existsSync(`${file}-moved`), left === undefined)
    }),
  )
})
