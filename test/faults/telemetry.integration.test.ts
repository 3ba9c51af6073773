import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { collector } from "../utils/collector.ts"
import { directoryOf, makeDatabase } from "../utils/etl.ts"
import { freePort } from "../utils/postgres.ts"
import { runEtl } from "./etlProcess.ts"

const users = Array.from({ length: 30 }, (_, index) => `user${index}@example.com\n`).join("")

const warnings = (output: string) => output.match(/Traces and metrics are not exported.*/g) ?? []

it.live.each([
  { what: "nothing listens", answer: undefined, warning: /could not be reached \(ECONNREFUSED\)/ },
  { what: "the collector never answers", answer: () => {}, warning: /did not answer in time/ },
  {
    what: "the collector never ends its answer",
    answer: (response: { write: (text: string) => unknown }) => void response.write("{"),
    warning: /did not answer in time/,
  },
  {
    what: "the collector refuses",
    answer: (response: { writeHead: (status: number) => { end: () => unknown } }) => void response.writeHead(401).end(),
    warning: /answered 401/,
  },
])("costs the run no more than two seconds where $what", ({ answer, warning }) =>
  Effect.gen(function* () {
    const { env, query } = yield* makeDatabase
    const cwd = yield* directoryOf({ "mapping.json": '{ "email": "email" }', "a.csv": `email\n${users}nobody\n` })
    const args = ["--source", "a.csv", "--mapping", "mapping.json", "--geo", "none", "--force"]
    const run = (more: Readonly<Record<string, string>>) => runEtl({ cwd, args, env: { ...env, ...more } })
    const url = answer === undefined ? `http://127.0.0.1:${yield* freePort}` : (yield* collector(answer)).url
    const without = yield* run({})
    const { code, milliseconds, output } = yield* run({
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_HEADERS: "x-key=canary",
    })
    assert.strictEqual(code, 3, output)
    // Ten seconds are what an exporter waits by default. All else takes a slow machine as much longer as the other run.
    assert.isBelow(milliseconds, 3 * without.milliseconds + 6_000, output)
    assert.lengthOf(warnings(output), 1, output)
    assert.match(warnings(output)[0]!, warning)
    assert.notInclude(output, "canary")
    const [counted] = yield* query<{ users: number }>("select count(*)::int as users from users")
    assert.strictEqual(counted?.users, 30)
  }).pipe(Effect.scoped),
)
