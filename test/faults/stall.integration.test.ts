import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { sharedPostgres } from "../utils/postgres.ts"
import { relay, tcpServer } from "../utils/tcp.ts"
import { runEtl } from "./etlProcess.ts"
import { makeInput } from "./input.ts"
import { OutgoingStatements } from "./OutgoingStatements.ts"
import { makeSetting } from "./trial.ts"

const stallMillis = 180_000

// In a file of its own: it takes three minutes, in which others can do their work.
describe("a server that stalls for three minutes", () => {
  it.live(
    "in the middle of a COMMIT: the run waits for it, and ends with the right tables",
    () =>
      Effect.gen(function* () {
        const { port } = yield* sharedPostgres
        const setting = { database: "server", isNew: false, locates: false, chunkSize: 20 } as const
        const { command, judge } = yield* makeSetting(setting, makeInput(6))
        let commits = 0
        let stalledUntil: number | undefined
        const proxy = yield* tcpServer((client) => {
          const statements = new OutgoingStatements()
          relay(client, port, (bytes, server) => {
            commits += statements.push(bytes).filter((text) => text === "COMMIT").length
            if (commits >= 5) stalledUntil ??= performance.now() + stallMillis
            if (stalledUntil === undefined || performance.now() > stalledUntil) server.write(bytes)
          })
        })
        const env = { ...command.env, DB_PORT: String(proxy), DB_SSLMODE: "disable" }
        const outcome = yield* runEtl({ ...command, env, patienceMillis: stallMillis + 90_000 })
        assert.isAbove(outcome.milliseconds, stallMillis)
        assert.match(outcome.output, /answer.* for 150 seconds[^]*The database answers again/)
        yield* judge(outcome)
      }).pipe(Effect.scoped),
    { timeout: stallMillis + 120_000 },
  )
})
