import { assert, describe, it } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Deferred, Effect, Fiber } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, chownSync, closeSync, openSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { bin } from "../utils/command.ts"
import { smallDisk } from "../utils/disk.ts"
import { etl, makeDatabase } from "../utils/etl.ts"
import { clientLayer, environment, sharedPostgres, startPostgres, temporaryDirectory } from "../utils/postgres.ts"
import { relay, tcpServer } from "../utils/tcp.ts"
import { runEtl } from "./etlProcess.ts"
import { OutgoingStatements } from "./OutgoingStatements.ts"

const makeSource = Effect.gen(function* () {
  const directory = yield* temporaryDirectory
  const records = Array.from({ length: 300 }, (_, user) => `user${user}@example.com\n`)
  writeFileSync(join(directory, "1.csv"), `email\n${records.join("")}nobody\n`)
  writeFileSync(join(directory, "mapping.json"), '{ "email": "email" }')
  const flags = ["--mapping", join(directory, "mapping.json"), "--geo", "none", "--chunksize", "10"]
  return ["--source", join(directory, "1.csv"), ...flags]
})

/** Runs the program, closes what reads its output, and gives its exit code. */
const codeUnread = Effect.fnUntraced(function* (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>,
  when: "at once" | "after the first line",
) {
  const cwd = yield* temporaryDirectory
  const child = spawn(process.execPath, [bin(), ...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"] })
  if (when === "after the first line") yield* Effect.promise(() => once(child.stderr, "data"))
  child.stdout.destroy()
  child.stderr.destroy()
  const [code] = yield* Effect.promise(() => once(child, "exit"))
  return code
})

describe("etl, whose surroundings fail", () => {
  it.live("loads everything though nobody reads what it prints (EPIPE)", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const args = yield* makeSource
      assert.strictEqual(yield* codeUnread(args, env, "at once"), 3)
      assert.deepStrictEqual(yield* query("select count(*)::int as users from users"), [{ users: 300 }])
    }).pipe(Effect.scoped),
  )

  it.live("a result that the disk under stdout has no room for is told, and is no success", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const cwd = yield* temporaryDirectory
      const full = openSync("/dev/full", "w")
      const child = spawn(process.execPath, [bin(), "sql", "select 1"], { cwd, env, stdio: ["ignore", full, "pipe"] })
      let said = ""
      child.stderr!.setEncoding("utf8").on("data", (text: string) => (said += text))
      const [code] = yield* Effect.promise(() => once(child, "close"))
      closeSync(full)
      assert.strictEqual(code, 2)
      assert.match(said, /^The result could not be written to stdout \(ENOSPC\): it is incomplete\.$/m)
    }).pipe(Effect.scoped),
  )

  it.live("loads everything though each line that it prints meets a closed pipe", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const directory = yield* temporaryDirectory
      for (let file = 0; file < 100; file++)
        writeFileSync(join(directory, `${file}.csv`), `email\nu${file}@example.com\n`)
      writeFileSync(join(directory, "mapping.json"), '{ "email": "email" }')
      const args = ["--source", directory, "--mapping", join(directory, "mapping.json"), "--geo", "none"]
      assert.strictEqual(yield* codeUnread(args, env, "after the first line"), 0)
      assert.deepStrictEqual(yield* query("select count(*)::int as users from users"), [{ users: 100 }])
    }).pipe(Effect.scoped),
  )

  it.live("loads everything though the log's disk is full, and says so once", () =>
    Effect.gen(function* () {
      const disk = yield* smallDisk(4)
      const { env, query } = yield* makeDatabase
      const args = ["--log-level", "debug", ...(yield* makeSource), "--logfile", join(disk.path, "etl.log")]
      const { code, stderr } = yield* etl(args, env, disk.platform)
      assert.strictEqual(code, 3, stderr)
      assert.strictEqual(stderr.match(/cannot be written \(ENOSPC\)\. Lines of the log are lost/g)?.length, 1, stderr)
      assert.deepStrictEqual(yield* query("select count(*)::int as users from users"), [{ users: 300 }])
    }).pipe(Effect.scoped),
  )

  it.live(
    "ends with 6 though no record is at fault when the database's disk is full, and goes on when it is not",
    (test) =>
      Effect.gen(function* () {
        const { server } = yield* startPostgres(yield* temporaryDirectory)
        const disk = yield* smallDisk(12_000)
        if (!disk.isMounted) test.skip("no small disk can be mounted here")
        const { uid, gid } = statSync(server.dataDirectory)
        chownSync(disk.path, uid, gid)
        chmodSync(dirname(disk.path), 0o711)
        const ask = <A extends object>(database: string, ...statements: ReadonlyArray<string>) =>
          Effect.gen(function* () {
            const sql = yield* PgClient.PgClient
            let rows: ReadonlyArray<A> = []
            for (const statement of statements) rows = yield* sql.unsafe<A>(statement)
            return rows
          }).pipe(Effect.provide(clientLayer(server, database)), Effect.scoped)
        yield* ask(
          "postgres",
          `create tablespace small location '${disk.path}'`,
          "create database on_small tablespace small template template0",
        )
        const directory = yield* temporaryDirectory
        const records = Array.from({ length: 60_000 }, (_, user) => `user${user}@example.com,${"x".repeat(60)}\n`)
        writeFileSync(join(directory, "1.csv"), `email,name\n${records.join("")}`)
        writeFileSync(join(directory, "mapping.json"), '{ "email": "email", "name": "first_name" }')
        const args = [
          "--source",
          join(directory, "1.csv"),
          "--mapping",
          join(directory, "mapping.json"),
          "--geo",
          "none",
        ]
        const env = environment(server, "on_small")
        const full = yield* etl(args, env)
        assert.strictEqual(full.code, 6, full.stdout)
        assert.match(full.stderr, /No space left on device.*53100.*Free space on the database's disk/)
        const [before] = yield* ask<{ read: number; rejected: number }>(
          "on_small",
          "select sum(read)::int as read, sum(rejected)::int as rejected from etl_checkpoints",
        )
        assert.isAbove(before!.read, 1_000)
        assert.strictEqual(before!.rejected, 0)
        assert.isTrue(disk.grow(100_000))
        const resumed = yield* etl(args, env)
        assert.strictEqual(resumed.code, 0, resumed.stderr)
        const tables = "select count(*)::int as users, (select inserted::int from etl_files) as inserted from users"
        assert.deepStrictEqual(yield* ask("on_small", tables), [{ users: 60_000, inserted: 60_000 }])
      }).pipe(Effect.scoped),
  )

  it.live("ends at once at the second signal, though the database does not answer", () =>
    Effect.gen(function* () {
      const { port } = yield* sharedPostgres
      const { env } = yield* makeDatabase
      let commits = 0
      let stalled = () => {}
      const isStalled = new Promise<void>((resolve) => (stalled = resolve))
      const proxy = yield* tcpServer((client) => {
        const statements = new OutgoingStatements()
        relay(client, port, (bytes, server) => {
          commits += statements.push(bytes).filter((text) => text.includes("etl_require")).length
          if (commits < 2) server.write(bytes)
          else stalled()
        })
      })
      const signals = Effect.fnUntraced(function* (pid: number) {
        yield* Effect.promise(() => isStalled)
        process.kill(pid, "SIGINT")
        // npm hands on what the terminal has sent already: that is not a second one.
        yield* Effect.sleep("100 millis")
        process.kill(pid, "SIGINT")
        yield* Effect.sleep("2 seconds")
        assert.isTrue(process.kill(pid, 0), "it has ended before the second signal")
        process.kill(pid, "SIGINT")
      })
      const started = yield* Deferred.make<number>()
      const run = yield* Effect.forkChild(
        runEtl({
          args: yield* makeSource,
          cwd: yield* temporaryDirectory,
          env: { ...env, DB_PORT: String(proxy), DB_SSLMODE: "disable" },
          onStart: (pid) => Deferred.doneUnsafe(started, Effect.succeed(pid)),
        }),
      )
      yield* signals(yield* Deferred.await(started))
      const { code, output } = yield* Fiber.join(run)
      assert.strictEqual(code, 130, output)
    }).pipe(Effect.scoped),
  )
})
