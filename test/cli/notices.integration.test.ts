import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { directoryOf, etl, makeDatabase } from "../utils/etl.ts"
import { fakeIpApi } from "../utils/ipApi.ts"
import { makeMmdb } from "../utils/mmdb.ts"

const keeps = "; --geo mmdb keeps them on this machine"

const linesOf = (stderr: string): ReadonlyArray<string> => stderr.split("\n")

const makeSource = Effect.gen(function* () {
  const files = { "1.csv": "email,ip\na@example.com,8.8.8.8\n", "mapping.json": '{"email":"email","ip":"ip_address"}' }
  const directory = yield* directoryOf(files)
  return ["--source", directory, "--mapping", `${directory}/mapping.json`]
})

describe("before addresses are sent", () => {
  it.live("etl run prints where to, how, and what sends none", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const service = yield* fakeIpApi()
      const settings = { ...env, IP_API_URL: service.url }
      const source = yield* makeSource
      const { host } = new URL(service.url)
      const { stderr } = yield* etl(source, settings)
      const [start, notice] = linesOf(stderr)
      assert.match(start!, /^etl .* places: ip-api$/)
      assert.strictEqual(notice, `ip-api: addresses are sent to ${host} by plain HTTP${keeps}`)
      assert.lengthOf(service.requests, 1)

      const mmdb = makeMmdb({ ipVersion: 4, recordSize: 24, networks: [["10.0.0.0/8", {}]] })
      const directory = yield* directoryOf({ "empty.mmdb": mmdb })
      const geo = ["--geo", "mmdb,ip-api", "--geo-db", `${directory}/empty.mmdb`]
      const both = yield* etl([...source, ...geo], settings)
      assert.include(
        linesOf(both.stderr),
        `ip-api: addresses that no local file knows are sent to ${host} by plain HTTP${keeps}`,
      )
    }).pipe(Effect.scoped),
  )

  it.live("etl locate prints it too, with the host of a key", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const free = yield* etl(["locate"], env)
      assert.include(linesOf(free.stderr), `ip-api: addresses are sent to ip-api.com by plain HTTP${keeps}`)
      const keyed = yield* etl(["locate"], { ...env, IP_API_KEY: "geheim" })
      assert.include(linesOf(keyed.stderr), `ip-api: addresses are sent to pro.ip-api.com by HTTPS${keeps}`)
    }).pipe(Effect.scoped),
  )

  it.live("the log alone has it with --quiet", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const { log, stderr } = yield* etl(["locate", "--quiet"], env)
      assert.strictEqual(stderr, "")
      assert.isTrue(log.some(({ message }) => `${message}`.includes("are sent to ip-api.com by plain HTTP")))
    }).pipe(Effect.scoped),
  )

  it.live("nothing is printed where none are sent", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const source = yield* makeSource
      for (const flags of [["--geo", "none"], ["--dry-run"]]) {
        const { stderr } = yield* etl([...source, ...flags], env)
        assert.notInclude(stderr, "are sent")
      }
    }).pipe(Effect.scoped),
  )
})
