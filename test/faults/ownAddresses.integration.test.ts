import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { fileURLToPath } from "node:url"
import { directoryOf, etl, makeDatabase } from "../utils/etl.ts"
import { spawnEtl } from "../utils/etlChild.ts"
import { type Behaviour, fakeIpApi, placeOf } from "../utils/ipApi.ts"
import { freePort, temporaryDirectory } from "../utils/postgres.ts"

const mapping = fileURLToPath(import.meta.resolve("../../column_mappings.json"))

const fileOf = (addresses: ReadonlyArray<string>): string =>
  [
    "id,first_name,last_name,email,gender,ip_address,created_at,updated_at,password,status",
    ...addresses.map((address) => `,,,${address}@example.com,,${address},,,,`),
  ].join("\n")

/** Requests for an address that are not answered until it is released: those too that are sent again meanwhile. */
const hold = (address: string) => {
  const arrived = Promise.withResolvers<void>()
  let held: Array<() => void> | undefined = []
  return {
    address,
    arrived: Effect.promise(() => arrived.promise),
    answer: (send: () => void) => {
      if (held === undefined) return send()
      held.push(send)
      arrived.resolve()
    },
    release: () => {
      const sends = held ?? []
      held = undefined
      for (const send of sends) send()
    },
  }
}

/** A database, a service that holds these requests, and runs in processes of their own. */
const makeSetting = Effect.fnUntraced(function* (holds: ReadonlyArray<ReturnType<typeof hold>>) {
  const { env, query } = yield* makeDatabase
  const service = yield* fakeIpApi()
  const behaviour: Behaviour = ({ entries, send }) => {
    const found = holds.find(({ address }) => JSON.stringify(entries).includes(address))
    if (found === undefined) send(entries)
    else found.answer(() => send(entries))
  }
  service.script(...Array<Behaviour>(100).fill(behaviour))
  const argsOf = Effect.fnUntraced(function* (addresses: ReadonlyArray<string>) {
    return ["--source", yield* directoryOf({ "1.csv": fileOf(addresses) }), "--mapping", mapping]
  })
  const start = Effect.fnUntraced(function* (args: ReadonlyArray<string>) {
    return yield* spawnEtl(args, { cwd: yield* temporaryDirectory, env: { ...env, IP_API_URL: service.url } })
  })
  return { argsOf, env, query, start }
})

describe("a run answers for its own addresses", () => {
  it.live("and for no other run's that wait when it ends; it waits for its own that another process asks for", () =>
    Effect.gen(function* () {
      const [eight, nine] = [hold("8.8.8.8"), hold("9.9.9.9")]
      const { argsOf, env, query, start } = yield* makeSetting([eight, nine])
      const first = yield* start(yield* argsOf(["8.8.8.8"]))
      yield* eight.arrived
      const second = yield* start(yield* argsOf(["9.9.9.9"]))
      yield* nine.arrived
      const third = yield* start(yield* argsOf(["9.9.9.9", "1.1.1.1"]))

      eight.release()
      assert.strictEqual(yield* first.ended, 0, first.output.stdout)
      assert.notMatch(first.output.stdout, /Addresses: .*pending/)
      assert.match(first.output.stdout, /^[12] other address(es)? queued: etl locate$/m)
      const none = yield* etl([...(yield* argsOf(["9.9.9.9"])), "--geo", "none"], env)
      assert.strictEqual(none.code, 0, none.stdout)
      assert.match(none.stdout, /^[12] other address(es)? queued: etl locate$/m)

      const isAnswered = query("select from ip_locations where address = '1.1.1.1' and status = 'located'")
      yield* Effect.repeat(isAnswered, { until: (rows) => rows.length === 1 })
      // Would it not wait, it would end now.
      yield* Effect.sleep("1 second")
      nine.release()
      for (const { ended, output } of [second, third]) {
        assert.strictEqual(yield* ended, 0, output.stdout)
        assert.notMatch(output.stdout, /pending|queued/)
      }
      const places = yield* query<{ city: string }>("select city from users order by ip_address")
      assert.deepStrictEqual(
        places.map(({ city }) => city),
        ["1.1.1.1", "8.8.8.8", "9.9.9.9"].map((address) => placeOf(address).city),
      )
    }).pipe(Effect.scoped),
  )

  it.live("also when it is resumed after it was killed", () =>
    Effect.gen(function* () {
      const eight = hold("8.8.8.8")
      const { argsOf, env, start } = yield* makeSetting([eight])
      const args = yield* argsOf(["8.8.8.8"])
      const killed = yield* start(args)
      yield* eight.arrived
      yield* killed.signal("SIGKILL")
      yield* killed.ended
      const away = { ...env, IP_API_URL: `http://127.0.0.1:${yield* freePort}/batch` }
      const resumed = yield* etl([...args, "--locate-for", "1s"], away)
      assert.match(resumed.stdout, /Run 1, attempt 2: .*\n[^]*1 pending/)
      assert.strictEqual(resumed.code, 7, resumed.stdout)
      // All is loaded: this is another run over the source.
      const again = yield* etl([...args, "--locate-for", "1s"], away)
      assert.match(again.stdout, /Nothing to do/)
      assert.strictEqual(again.code, 7, again.stdout)
      const none = yield* etl([...args, "--geo", "none"], away)
      assert.match(none.stdout, /1 other address queued: etl locate/)
      assert.strictEqual(none.code, 0, none.stdout)
    }).pipe(Effect.scoped),
  )
})
