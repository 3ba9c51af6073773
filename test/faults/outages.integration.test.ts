import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { clientLayer, sharedPostgres, startPostgres, temporaryDirectory } from "../utils/postgres.ts"
import { relay, tcpServer } from "../utils/tcp.ts"
import { runEtl } from "./etlProcess.ts"
import { makeInput } from "./input.ts"
import { OutgoingStatements } from "./OutgoingStatements.ts"
import { makeSetting } from "./trial.ts"

const setting = { database: "server", isNew: false, locates: false, chunkSize: 20, concurrency: 4 } as const
const again = /Retrying for up to 5 minutes[^]*The database answers again/

const sessions = "from pg_stat_activity where datname = current_database() and application_name = 'user-activity-etl'"

describe("a server that goes away for a moment", () => {
  it.live("and ends sessions again and again: the run goes on to the right tables", () =>
    Effect.gen(function* () {
      const { command, judge, ask } = yield* makeSetting(setting, makeInput(1))
      const run = yield* Effect.forkChild(runEtl(command))
      let ended = 0
      const end = ask(`select count(pg_terminate_backend(pid))::text as json ${sessions}`).pipe(
        Effect.tap(([count]) => Effect.sync(() => (ended += Number(count)))),
        Effect.andThen(Effect.sleep("150 millis")),
      )
      yield* Effect.forkChild(Effect.repeat(end, { while: () => ended < 12 }))
      const outcome = yield* Fiber.join(run)
      yield* judge(outcome)
      assert.isAbove(ended, 0, "no session was ended in time")
    }).pipe(Effect.scoped),
  )

  it.live("and is restarted at once, in mid-run: the run waits for it", () =>
    Effect.gen(function* () {
      const { server, crash } = yield* startPostgres(yield* temporaryDirectory)
      const { command, judge, ask } = yield* makeSetting({ ...setting, server }, makeInput(2))
      const run = yield* Effect.forkChild(runEtl(command))
      const begun = ask(`select count(*)::text as json ${sessions} and xact_start is not null`)
      yield* Effect.repeat(begun, { until: ([count]) => count !== "0" })
      const start = yield* crash
      yield* Effect.sleep("1 second")
      yield* start
      const outcome = yield* Fiber.join(run)
      assert.match(outcome.output, again)
      yield* judge(outcome)
    }).pipe(Effect.scoped),
  )

  it.live("and recovers from the death of a session: the run waits for it", () =>
    Effect.gen(function* () {
      const { server } = yield* startPostgres(yield* temporaryDirectory)
      const { command, judge, ask } = yield* makeSetting({ ...setting, server }, makeInput(2))
      const run = yield* Effect.forkChild(runEtl(command))
      // A session that is killed makes the server end all others, at once, and recover from its log.
      const sessionInChunk = ask(
        `select coalesce((select pid ${sessions} and xact_start is not null limit 1), 0)::text as json`,
      )
      const kill = Effect.flatMap(sessionInChunk, ([pid]) =>
        Effect.sync(() => pid !== "0" && process.kill(Number(pid), "SIGKILL")),
      )
      yield* Effect.forkChild(Effect.repeat(kill, { until: (killed) => killed }))
      const outcome = yield* Fiber.join(run)
      assert.match(outcome.output, again)
      yield* judge(outcome)
    }).pipe(Effect.scoped),
  )

  for (const [statement, locates] of [
    ["etl_require", false],
    ["COMMIT", true],
  ] as const) {
    it.live(`and loses a commit (${statement}), or the answer to one: nothing is lost or done twice`, () =>
      Effect.gen(function* () {
        const { port } = yield* sharedPostgres
        const { command, judge } = yield* makeSetting({ ...setting, locates }, makeInput(3))
        let commits = 0
        let broken = 0
        const proxy = yield* tcpServer((client) => {
          const statements = new OutgoingStatements()
          relay(client, port, (bytes, server) => {
            const isCommit = statements.push(bytes).some((text) => text.includes(statement))
            if (isCommit && ++commits % 4 === 0) {
              broken++
              // In turns: the server never hears of it; it does, but is not heard.
              server.unpipe(client)
              if (commits % 8 === 0) server.end(bytes)
              client.destroy()
            } else server.write(bytes)
          })
        })
        const env = { ...command.env, DB_PORT: String(proxy), DB_SSLMODE: "disable" }
        const outcome = yield* runEtl({ ...command, env })
        assert.isAbove(broken, 3)
        assert.match(outcome.output, again)
        yield* judge(outcome)
      }).pipe(Effect.scoped),
    )
  }

  it.live("and comes back for reading only: the run waits until it takes writes", () =>
    Effect.gen(function* () {
      const { command, judge, ask } = yield* makeSetting(setting, makeInput(4))
      const server = yield* sharedPostgres
      const database = command.env["DB_NAME"] ?? ""
      const readOnly = (setting: string) =>
        Effect.gen(function* () {
          const sql = yield* PgClient.PgClient
          yield* sql.unsafe(`alter database ${database} set default_transaction_read_only = ${setting}`)
          yield* ask(`select count(pg_terminate_backend(pid))::text as json ${sessions}`)
        }).pipe(Effect.provide(clientLayer(server, "postgres")), Effect.scoped)
      yield* runEtl({ ...command, args: ["init"] })
      const run = yield* Effect.forkChild(runEtl(command))
      const begun = ask("select count(*)::text as json from etl_files where header is not null")
      yield* Effect.repeat(begun, { until: ([count]) => count !== "0" })
      yield* readOnly("on")
      yield* Effect.sleep("2 seconds")
      yield* readOnly("off")
      const outcome = yield* Fiber.join(run)
      assert.match(outcome.output, again)
      yield* judge(outcome)
    }).pipe(Effect.scoped),
  )

  it.live("a right that is taken away is the database's fault: exit 6, no reject, and the same command goes on", () =>
    Effect.gen(function* () {
      const { command, judge, ask } = yield* makeSetting(setting, makeInput(5))
      const server = yield* sharedPostgres
      const database = command.env["DB_NAME"] ?? ""
      const sql = (...statements: ReadonlyArray<string>) =>
        Effect.gen(function* () {
          const client = yield* PgClient.PgClient
          for (const statement of statements) yield* client.unsafe(statement)
        }).pipe(Effect.provide(clientLayer(server, database)), Effect.scoped)
      yield* sql(
        `create role ${database} login password '${server.password}'`,
        `grant create, usage on schema public to ${database}`,
      )
      const env = { ...command.env, DB_USER: database }
      const first = yield* runEtl({ ...command, env, at: "etl_require:4:after" })
      assert.strictEqual(first.signal, "SIGKILL", first.output)
      yield* sql(`revoke insert on users from ${database}`)
      const before = yield* ask("select count(*)::text as json from etl_rejects")
      const refused = yield* runEtl({ ...command, env })
      assert.strictEqual(refused.code, 6, refused.output)
      assert.match(refused.output, /permission denied for table users[^]*Grant the privilege/)
      assert.deepStrictEqual(yield* ask("select count(*)::text as json from etl_rejects"), before)
      yield* sql(`grant insert on users to ${database}`)
      yield* judge(yield* runEtl({ ...command, env }))
    }).pipe(Effect.scoped),
  )
})
