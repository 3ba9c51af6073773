import { PgClient, PgConnection, PgProtocol } from "@effect/sql-pg"
import { assert, describe, it, layer } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Layer, Redacted, Result, Runtime, Schema, Stream } from "effect"
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { dirname, join } from "node:path"
import type { Duplex } from "node:stream"
import { fileURLToPath } from "node:url"
import { vi } from "vitest"
import { Database } from "../../src/domain/Database.ts"
import { DatabaseError, EmbeddedStopped, fromSqlError } from "../../src/domain/DatabaseError.ts"
import * as PgEmbedded from "../../src/database/PgEmbedded.ts"
import * as EmbeddedFolder from "../../src/database/EmbeddedFolder.ts"
import * as PgliteThread from "../../src/database/PgliteThread.ts"
import { sessionParameters } from "../../src/database/session.ts"
import { makeClient } from "../../src/postgres/client.ts"
import { spawnNode } from "../utils/child.ts"
import { smallDisk } from "../utils/disk.ts"
import { freshFolder } from "../utils/embedded.ts"
import { spawnEtl } from "../utils/etlChild.ts"
import { temporaryDirectory } from "../utils/postgres.ts"

const child = fileURLToPath(import.meta.resolve("../utils/embeddedChild.ts"))

const fresh = Layer.unwrap(Effect.map(freshFolder, (directory) => PgEmbedded.layer({ directory })))

/** Opens and closes the folder; the error if that fails. */
const attempt = (folder: string) => Effect.result(Effect.scoped(Layer.build(PgEmbedded.layer({ directory: folder }))))

const failure = Effect.fnUntraced(function* (folder: string) {
  const outcome = yield* attempt(folder)
  assert(outcome._tag === "Failure" && outcome.failure instanceof DatabaseError, "the folder was opened")
  assert.strictEqual(outcome.failure[Runtime.errorExitCode], 6)
  assert.deepInclude(outcome.failure, { operation: "open", setting: "directory" })
  assert.notInclude(outcome.failure.message, "--")
  return outcome.failure
})

const tree = (path: string): Array<string> =>
  readdirSync(path, { recursive: true, withFileTypes: true }).map((entry) => {
    const { mtimeMs, mode, size } = lstatSync(join(entry.parentPath, entry.name))
    return `${entry.parentPath}/${entry.name} ${mtimeMs} ${mode} ${size}`
  })

layer(fresh, { excludeTestServices: true })("an embedded database", (it) => {
  it.effect("has the settings of every session", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      for (const [name, value] of Object.entries(sessionParameters)) {
        const [row] = yield* sql<{ same: boolean }>`
          select current_setting(${name}) = set_config(${name}, ${value}, true)
            or current_setting(${name}) like ${`${value}, %`} as same`
        assert.deepStrictEqual(row, { same: true }, name)
      }
    }),
  )

  const Text = Schema.NullOr(
    Schema.String.check(Schema.makeFilter((text) => text.isWellFormed() && !text.includes("\0"))),
  )

  it.effect.prop(
    "keeps arrays as they are",
    { texts: Schema.Array(Text), numbers: Schema.Array(Schema.Int) },
    (given) =>
      Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const texts = ["", ...given.texts]
        const numbers = [0n, ...given.numbers.map(BigInt)]
        const [row] = yield* sql`select ${texts}::text[] as texts, ${numbers}::bigint[] as numbers`
        assert.deepStrictEqual(row, { texts, numbers })
      }),
  )

  it.effect("rolls back a transaction that fails, and a savepoint alone", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      yield* sql`create table kept (n integer primary key)`
      const insert = (n: number) => sql`insert into kept values (${n})`
      yield* sql.withTransaction(Effect.andThen(insert(1), Effect.fail("no"))).pipe(Effect.flip)
      yield* sql.withTransaction(Effect.andThen(insert(2), insert(2))).pipe(Effect.flip)
      yield* sql.withTransaction(
        insert(3).pipe(Effect.andThen(Effect.flip(sql.withTransaction(Effect.andThen(insert(4), insert(3)))))),
      )
      assert.deepStrictEqual(yield* sql`select n from kept`, [{ n: 3 }])
    }),
  )

  it.effect("takes and gives a value of 20 MB", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const value = new Uint8Array(20_000_000).map((_, index) => index * 31)
      const [row] = yield* sql<{ value: Uint8Array }>`select ${value}::bytea as value`
      assert(Buffer.from(row!.value).equals(value))
    }),
  )

  it.effect("streams more than it sends ahead to a slow reader, and stops early", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const rows = sql<{ n: number }>`select n, repeat('x', 1000) as filler from generate_series(1, 40000) n`
      let expected = 0
      yield* rows.stream.pipe(
        Stream.runForEach(({ n }) => {
          assert.strictEqual(n, ++expected)
          return n % 10_000 === 0
            ? Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 20)))
            : Effect.void
        }),
      )
      assert.strictEqual(expected, 40_000)
      assert.strictEqual((yield* rows.stream.pipe(Stream.take(10), Stream.runCollect)).length, 10)
      assert.deepStrictEqual(yield* sql`select 1 as one`, [{ one: 1 }])
    }),
  )

  it.effect("goes on after a statement that was interrupted", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      yield* sql`create table interrupted (n integer)`
      const slow = sql`insert into interrupted select count(*) from generate_series(1, 1000000)`
      const fiber = yield* Effect.forkChild((yield* makeClient).withTransaction(slow))
      yield* Effect.sleep("50 millis")
      yield* Fiber.interrupt(fiber)
      const exit = yield* Fiber.await(fiber)
      assert(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause), String(exit))
      assert.deepStrictEqual(yield* sql`select count(*)::int as rows from interrupted`, [{ rows: 0 }])
    }),
  )

  it.effect("serves many fibers over its one connection", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const numbers = Array.from({ length: 200 }, (_, n) => n)
      const answers = yield* Effect.forEach(
        numbers,
        (n) => Effect.result(Effect.map(sql<{ n: number }>`select ${n} / ${n % 7}::int as n`, (rows) => rows[0]!.n)),
        { concurrency: "unbounded" },
      )
      assert.deepStrictEqual(
        answers.map((answer) => (answer._tag === "Success" ? answer.success : "failed")),
        numbers.map((n) => (n % 7 === 0 ? "failed" : Math.trunc(n / (n % 7)))),
      )
    }),
  )
})

describe("connections", () => {
  /** A thread, and clients of it that a test opens and breaks. */
  const thread = Effect.gen(function* () {
    const directory = yield* freshFolder
    const unread = new Int32Array(new SharedArrayBuffer(4))
    const { connect } = yield* PgliteThread.start({
      directory,
      buildAt: undefined,
      parameters: sessionParameters,
      unread,
    })
    const sockets: Array<Duplex> = []
    const stream = () => {
      sockets.push(connect())
      return sockets.at(-1)!
    }
    return {
      sockets,
      stream,
      unread,
      open: PgConnection.make({ stream, username: "postgres", connectTimeout: "1 minute" }),
    }
  })

  it.live("nothing of one that has gone is seen by the next", () =>
    Effect.gen(function* () {
      const { open, sockets } = yield* thread
      const begin = Effect.fnUntraced(function* (connection: PgConnection.PgConnection) {
        yield* connection.query("set search_path = pg_catalog")
        yield* connection.query("create temporary table temp (n integer)")
        yield* connection.query("prepare statement as select 1")
        yield* connection.query("select pg_advisory_lock(1)")
        yield* connection.query("begin")
        yield* connection.query("create table public.lost (n integer)")
      })
      const look = Effect.fnUntraced(function* (connection: PgConnection.PgConnection) {
        const { rows } = yield* connection.query(
          `select current_setting('search_path') as path, to_regclass('temp') as temp, to_regclass('public.lost') as lost,
            (select count(*)::int from pg_prepared_statements where name = 'statement') as prepared,
            (select count(*)::int from pg_locks where locktype = 'advisory') as locks`,
        )
        assert.deepStrictEqual(rows, [{ path: "public", temp: null, lost: null, prepared: 0, locks: 0 }])
      })

      yield* Effect.scoped(Effect.flatMap(open, begin))
      yield* Effect.scoped(Effect.flatMap(open, look))
      yield* Effect.scoped(
        Effect.gen(function* () {
          const connection = yield* open
          yield* begin(connection)
          yield* Effect.flip(connection.query("select 1 / 0"))
          sockets.at(-1)!.destroy()
        }),
      )
      yield* Effect.scoped(Effect.flatMap(open, look))
    }).pipe(Effect.scoped),
  )

  it.live("one that is destroyed after an error, before its Sync, leaves the next unharmed", () =>
    Effect.gen(function* () {
      const { open, stream } = yield* thread
      const socket = stream()
      const answer = () => Effect.promise(() => new Promise((resolve) => socket.once("data", resolve)))
      socket.write(PgProtocol.encodeStartupMessage({ user: "postgres", database: "postgres" }))
      yield* answer()
      socket.write(Result.getOrThrow(PgProtocol.encodeParse({ name: "", query: "not SQL", parameterTypes: [] })))
      yield* answer()
      socket.destroy()
      const one = Effect.flatMap(open, (connection) => connection.query("select 1 as one"))
      assert.deepStrictEqual((yield* Effect.scoped(one)).rows, [{ one: 1 }])
    }).pipe(Effect.scoped),
  )

  it.live("one that is destroyed while it sends and reads a lot leaves the next unharmed", () =>
    Effect.gen(function* () {
      const { open, sockets, unread } = yield* thread
      yield* Effect.scoped(
        Effect.gen(function* () {
          const connection = yield* open
          const query = yield* Effect.forkChild(
            connection.query(`select repeat('x', 1000) from generate_series(1, 40000)`),
          )
          yield* Effect.promise(() => new Promise((resolve) => sockets[0]!.once("data", resolve)))
          sockets[0]!.destroy()
          yield* Fiber.await(query)
        }),
      )
      yield* Effect.scoped(
        Effect.gen(function* () {
          const connection = yield* open
          assert.deepStrictEqual((yield* connection.query("select 1 as one")).rows, [{ one: 1 }])
        }),
      )
      assert.strictEqual(Atomics.load(unread, 0), 0)
    }).pipe(Effect.scoped),
  )

  it.live("a second waits for the first", () =>
    Effect.gen(function* () {
      const { open } = yield* thread
      const order: Array<string> = []
      const second = yield* Effect.scoped(
        Effect.gen(function* () {
          const first = yield* open
          const waiting = yield* Effect.forkDetach(
            Effect.scoped(
              Effect.andThen(
                open,
                Effect.sync(() => order.push("second")),
              ),
            ),
          )
          yield* Effect.sleep("100 millis")
          yield* first.query("select 1")
          order.push("first")
          return waiting
        }),
      )
      yield* Fiber.join(second)
      assert.deepStrictEqual(order, ["first", "second"])
    }).pipe(Effect.scoped),
  )

  it.live("a client that asks for TLS is told that there is none", () =>
    Effect.gen(function* () {
      const { open } = yield* thread
      const { config } = yield* Effect.scoped(open)
      const asking = (mode: string) =>
        Effect.scoped(
          Effect.flatMap(
            PgConnection.make({ ...config, url: Redacted.make(`postgres://localhost?sslmode=${mode}`) }),
            (connection) => connection.query("select 1 as one"),
          ),
        )
      assert.deepStrictEqual((yield* asking("prefer")).rows, [{ one: 1 }])
      assert.match((yield* Effect.flip(asking("require"))).message, /TLS/)
    }).pipe(Effect.scoped),
  )

  it.live("a thread that dies fails its statements, at once, and the folder opens again", () =>
    Effect.gen(function* () {
      const folder = yield* freshFolder
      yield* Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        yield* sql`create table survivor (n integer)`
        const control = join(folder, "global", "pg_control")
        renameSync(control, `${control}-gone`)
        const failing = sql`checkpoint`
        for (const statement of [
          (yield* makeClient).withTransaction(failing),
          failing,
          (yield* makeClient).withTransaction(failing),
        ]) {
          const error = yield* statement.pipe(Effect.timeout("10 seconds"), Effect.flip)
          assert(error._tag === "SqlError" && error.reason.cause instanceof EmbeddedStopped, String(error))
          const { message, reason, retryable } = fromSqlError(error)
          assert.include(message, folder)
          assert.match(message, /pg_control.* What was committed is kept: open it again\.$/)
          assert.strictEqual(reason, "stopped")
          assert.isFalse(retryable)
        }
        renameSync(`${control}-gone`, control)
      }).pipe(Effect.provide(PgEmbedded.layer({ directory: folder })))
      const survivors = Effect.flatMap(PgClient.PgClient, (sql) => sql`select count(*)::int as rows from survivor`)
      assert.deepStrictEqual(yield* survivors.pipe(Effect.provide(PgEmbedded.layer({ directory: folder }))), [
        { rows: 0 },
      ])
    }).pipe(Effect.scoped),
  )
})

describe("a database in memory", () => {
  const tables = Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    const [row] = yield* sql<{ mine: number }>`select count(*)::int as mine from pg_tables where schemaname = 'public'`
    return row!.mine
  })
  const create = Effect.flatMap(PgClient.PgClient, (sql) => sql`create table mine (n integer)`)
  /** The kept files of an empty database. */
  const keptIn = (folder: string) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).flatMap((name) => {
      const path = join(folder, name)
      return statSync(path).isFile() ? [path] : []
    })

  it.live("is empty, apart from any other, and gone with its scope", () =>
    Effect.gen(function* () {
      yield* Effect.gen(function* () {
        yield* create
        assert.strictEqual(yield* tables, 1)
        assert.deepStrictEqual(yield* Database, { kind: "embedded", name: "embedded PostgreSQL in memory" })
        assert.strictEqual(yield* Effect.provide(tables, Layer.fresh(PgEmbedded.layerTemp)), 0)
        assert.strictEqual(yield* tables, 1)
      }).pipe(Effect.provide(PgEmbedded.layerTemp))
      assert.strictEqual(yield* Effect.provide(tables, PgEmbedded.layerTemp), 0)
    }),
  )

  it.live("is built once on a machine, and again where what was kept is damaged", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryDirectory
      vi.stubEnv("TMPDIR", folder)
      yield* Effect.addFinalizer(() => Effect.sync(() => vi.unstubAllEnvs()))
      const start = Effect.provide(Effect.andThen(create, tables), Layer.fresh(PgEmbedded.layerTemp))
      assert.strictEqual(yield* start, 1)
      const [kept, ...others] = keptIn(folder)
      assert.deepStrictEqual(others, [])
      assert.deepStrictEqual([statSync(kept!).mode & 0o777, statSync(dirname(kept!)).mode & 0o777], [0o600, 0o700])
      const { mtimeMs, size } = statSync(kept!)
      assert.strictEqual(yield* start, 1)
      assert.strictEqual(statSync(kept!).mtimeMs, mtimeMs)
      // One bit, which only a digest shows.
      const content = readFileSync(kept!)
      content[Math.floor(size / 2)]! ^= 1
      writeFileSync(kept!, content)
      assert.strictEqual(yield* start, 1)
      assert.isFalse(readFileSync(kept!).equals(content))
    }).pipe(Effect.scoped),
  )

  it.live("takes nothing from a folder that others may write to, and needs none", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryDirectory
      const shared = join(folder, `user-activity-etl-${process.getuid?.()}`)
      mkdirSync(shared)
      chmodSync(shared, 0o777)
      vi.stubEnv("TMPDIR", folder)
      yield* Effect.addFinalizer(() => Effect.sync(() => vi.unstubAllEnvs()))
      assert.strictEqual(yield* Effect.provide(tables, Layer.fresh(PgEmbedded.layerTemp)), 0)
      assert.deepStrictEqual(keptIn(folder), [])
    }).pipe(Effect.scoped),
  )
})

/** Only Linux lists who holds a lock. */
const holderNamed = (name: string): string => (process.platform === "linux" ? name : "by a process that is not visible")

describe("the folder", () => {
  it.live("is refused while another process, or this one, has it, under any name", () =>
    Effect.gen(function* () {
      const folder = yield* freshFolder
      const holder = yield* spawnNode(child, ["hold", folder])
      yield* holder.line((line) => line === "open")
      const link = `${folder}-link`
      symlinkSync(folder, link)
      for (const name of [folder, link, join(folder, "..", "pgdata", ".")]) {
        const { message, reason, retryable } = yield* failure(name)
        assert.include(message, `${folder} is in use ${holderNamed(`by process ${holder.pid}.`)}`)
        assert.match(message, / Wait until it has finished, or use another folder\.$/)
        assert.strictEqual(reason, "inUse")
        assert.isTrue(retryable)
      }
      yield* holder.kill("SIGKILL")
      yield* Effect.scoped(
        Effect.andThen(
          Layer.build(PgEmbedded.layer({ directory: folder })),
          Effect.map(failure(link), ({ message }) =>
            assert.include(message, `in use ${holderNamed("by this process")}`),
          ),
        ),
      )
      assert.strictEqual((yield* attempt(folder))._tag, "Success")
      assert.deepStrictEqual(readdirSync(dirname(folder)).sort(), ["pgdata", "pgdata-link"])
    }).pipe(Effect.scoped),
  )

  it.live("with anything but a database of this version is refused and not touched", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const cases = {
        notes: ["holds something other", "foreign", { "notes.txt": "mine" }],
        old: ["PostgreSQL 17", "version", { PG_VERSION: "17\n", base: "" }],
        native: ["belongs to a PostgreSQL server", "serverData", { PG_VERSION: "18\n", "postmaster.opts": "" }],
      } as const
      for (const [name, [told, why, files]] of Object.entries(cases)) {
        const folder = join(directory, name)
        mkdirSync(folder)
        for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
        const before = tree(directory)
        const { message, reason } = yield* failure(folder)
        assert.include(message, told)
        assert.include(message, folder)
        assert.strictEqual(reason, why)
        assert.deepStrictEqual(tree(directory), before)
      }
      writeFileSync(join(directory, "file"), "")
      assert.include((yield* failure(join(directory, "file"))).message, "is a file")
    }).pipe(Effect.scoped),
  )

  it.live("of another user, that others may write to, or with a link for its lock is refused and not touched", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const refused = Effect.fnUntraced(function* (name: string, why: string, change: (folder: string) => void) {
        const folder = join(directory, name)
        mkdirSync(folder, { mode: 0o700 })
        writeFileSync(join(folder, "PG_VERSION"), "18\n")
        change(folder)
        const before = tree(directory)
        assert.include((yield* failure(folder)).message, why)
        assert.deepStrictEqual(tree(directory), before)
      })
      yield* refused("shared", "Other users may write", (folder) => chmodSync(folder, 0o770))
      yield* refused("linked", "etl.lock is not a regular file", (folder) => {
        symlinkSync("../target", join(folder, "etl.lock"))
      })
      if (process.getuid?.() === 0) {
        yield* refused("foreign", "belongs to another user (uid 65534", (folder) => chownSync(folder, 65_534, 65_534))
      }
    }).pipe(Effect.scoped),
  )

  it.live("that is empty is used and made private", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryDirectory
      chmodSync(folder, 0o755)
      const opened = yield* Effect.scoped(EmbeddedFolder.open(folder))
      assert.strictEqual(opened.path, folder)
      assert.strictEqual(statSync(folder).mode & 0o777, 0o700)
      assert.strictEqual(statSync(join(folder, "etl.lock")).mode & 0o777, 0o600)
      assert.isFalse(yield* EmbeddedFolder.isThere(folder))
    }).pipe(Effect.scoped),
  )

  it.live("on a disk without space is reported, and nothing of it stays", (test) =>
    Effect.gen(function* () {
      const disk = yield* smallDisk(8_000)
      if (!disk.isMounted) test.skip("no small disk can be mounted here")
      const folder = join(disk.path, "pgdata")
      assert.strictEqual(
        (yield* failure(folder)).message,
        `The embedded database in ${folder} cannot be opened: its disk has no space left; a new database needs 40 MB. Free some, or use another folder.`,
      )
      assert.deepStrictEqual(readdirSync(folder), ["etl.lock"])
      assert.isTrue(disk.grow(100_000))
      assert.strictEqual((yield* attempt(folder))._tag, "Success")
    }).pipe(Effect.scoped),
  )

  it.live("whose database is damaged is told, with PostgreSQL's words", () =>
    Effect.gen(function* () {
      const folder = yield* freshFolder
      writeFileSync(join(folder, "global", "pg_control"), new Uint8Array(8192))
      const { message, reason } = yield* failure(folder)
      assert.match(message, /cannot be opened: .*incompatible.* Use another folder\.$/)
      assert.strictEqual(reason, "unusable")
    }).pipe(Effect.scoped),
  )

  it.live("into which a killed start had moved a part of its database gets the rest", () =>
    Effect.gen(function* () {
      const folder = yield* freshFolder
      const built = join(folder, "etl.built")
      const names = readdirSync(folder).filter((name) => name !== "etl.lock" && name !== "PG_VERSION")
      for (const left of [[...names, "PG_VERSION"], [...names.slice(5), "PG_VERSION"], []]) {
        mkdirSync(built)
        for (const name of left) renameSync(join(folder, name), join(built, name))
        const { buildAt } = yield* Effect.scoped(EmbeddedFolder.open(folder))
        assert.isUndefined(buildAt)
        assert.deepStrictEqual(readdirSync(folder).sort(), [...names, "PG_VERSION", "etl.lock"].sort())
      }
      assert.strictEqual((yield* attempt(folder))._tag, "Success")
    }).pipe(Effect.scoped),
  )
})

describe("the command", () => {
  it.live("ends where a folder cannot be made although its parent is there", (context) =>
    Effect.gen(function* () {
      if (!existsSync("/proc/self")) context.skip("there is no /proc")
      const cwd = yield* temporaryDirectory
      const etl = yield* spawnEtl(["init", "--embedded", "/proc/x/db"], { cwd, env: {} })
      assert.strictEqual(yield* etl.ended, 6)
      assert.match(
        etl.output.stderr,
        /Cannot use \/proc\/x\/db for the embedded database: ENOENT.*\. Use another folder\. Name one with --embedded DIR\.$/m,
      )
    }).pipe(Effect.scoped),
  )

  it.live("reports a folder that it may not look into, also where it only reads", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryDirectory
      // Of a folder without permissions root sees everything.
      symlinkSync("loop", join(cwd, "loop"))
      const says =
        /Cannot read the embedded database's folder .*loop: ELOOP.*\. Use another folder\. Name one with --embedded DIR\./
      for (const [command, output] of [
        ["runs", "stderr"],
        ["check", "stdout"],
      ] as const) {
        const etl = yield* spawnEtl([command, "--embedded", "loop"], { cwd, env: {} })
        assert.strictEqual(yield* etl.ended, 6, command)
        assert.match(etl.output[output], says)
        assert.notInclude(etl.output[output], "defect")
      }
    }).pipe(Effect.scoped),
  )
})
