import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { sharedPostgres } from "../utils/postgres.ts"
import { relay, tcpServer } from "../utils/tcp.ts"
import { runEtl } from "./etlProcess.ts"
import { makeInput } from "./input.ts"
import { OutgoingStatements } from "./OutgoingStatements.ts"
import { makeSetting } from "./trial.ts"

const stallMillis = 180_000
const patienceMillis = 300_000
/** What a run may take beside that on a slow machine. */
const slackMillis = 600_000
const timeout = patienceMillis + 2 * slackMillis

const setting = { database: "server", isNew: false, locates: false, chunkSize: 20, concurrency: 4 } as const

// In a file of its own: minutes in which nothing happens, and others can do their work.
describe.concurrent("a server that is away for long", () => {
  it.live(
    "stalls for three minutes in the middle of a commit: the run waits for it, and ends with the right tables",
    () =>
      Effect.gen(function* () {
        const { port } = yield* sharedPostgres
        // Another connection might be opened meanwhile, and be the first to complain.
        const { command, judge } = yield* makeSetting({ ...setting, concurrency: 1 }, makeInput(6))
        let commits = 0
        let stalledUntil: number | undefined
        const proxy = yield* tcpServer((client) => {
          const statements = new OutgoingStatements()
          relay(client, port, (bytes, server) => {
            commits += statements.push(bytes).filter((text) => text.includes("etl_require")).length
            if (commits >= 3) stalledUntil ??= performance.now() + stallMillis
            if (stalledUntil === undefined || performance.now() > stalledUntil) server.write(bytes)
          })
        })
        const env = { ...command.env, DB_PORT: String(proxy), DB_SSLMODE: "disable" }
        const outcome = yield* runEtl({ ...command, env, patienceMillis: stallMillis + slackMillis })
        assert.isAbove(outcome.milliseconds, stallMillis)
        assert.match(outcome.output, /answer.* for 150 seconds[^]*The database answers again/)
        yield* judge(outcome)
      }).pipe(Effect.scoped),
    { timeout },
  )

  it.live(
    "never comes back: the run ends with 6 after five minutes, and the same command goes on when it is there again",
    () =>
      Effect.gen(function* () {
        const { port } = yield* sharedPostgres
        const { command, judge } = yield* makeSetting(setting, makeInput(7))
        let commits = 0
        const proxy = yield* tcpServer((client) => {
          const statements = new OutgoingStatements()
          const server = relay(client, port, (bytes) => {
            commits += statements.push(bytes).filter((text) => text.includes("etl_require")).length
            if (commits >= 3) client.destroy()
            else server.write(bytes)
          })
        })
        const env = { ...command.env, DB_PORT: String(proxy), DB_SSLMODE: "disable" }
        const outcome = yield* runEtl({ ...command, env, patienceMillis: patienceMillis + slackMillis })
        assert.strictEqual(outcome.code, 6, outcome.output)
        assert.strictEqual(outcome.output.match(/Retrying for up to 5 minutes/g)?.length, 1, outcome.output)
        assert.isAtLeast(outcome.milliseconds, patienceMillis)
        yield* judge(yield* runEtl(command))
      }).pipe(Effect.scoped),
    { timeout },
  )

  for (const statement of ["create table etl_runs", "pg_try_advisory_lock", "pg_advisory_unlock"]) {
    it.live(
      `says nothing any more at ${statement}: the run ends with 6 after five minutes`,
      () =>
        Effect.gen(function* () {
          const { port } = yield* sharedPostgres
          const { command } = yield* makeSetting(setting, makeInput(9))
          let isSilent = false
          const proxy = yield* tcpServer((client) => {
            const statements = new OutgoingStatements()
            relay(client, port, (bytes, server) => {
              isSilent ||= statements.push(bytes).some((text) => text.includes(statement))
              if (!isSilent) server.write(bytes)
            })
          })
          const env = { ...command.env, DB_PORT: String(proxy), DB_SSLMODE: "disable" }
          const outcome = yield* runEtl({ ...command, env, patienceMillis: patienceMillis + slackMillis })
          assert.strictEqual(outcome.code, 6, outcome.output)
          assert.isAtLeast(outcome.milliseconds, patienceMillis)
        }).pipe(Effect.scoped),
      { timeout },
    )
  }
})
