import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { directoryOf, etl, makeDatabase } from "../utils/etl.ts"
import { type Behaviour, fakeIpApi, placeOf } from "../utils/ipApi.ts"

it.live("locates the others where the service always answers one address with nonsense", () =>
  Effect.gen(function* () {
    const { env, query } = yield* makeDatabase
    const service = yield* fakeIpApi()
    const trip: Behaviour = ({ entries, send }) =>
      send(JSON.stringify(entries).includes("9.9.9.9") ? entries.map(() => null) : entries)
    service.script(...Array<Behaviour>(20).fill(trip))
    const addresses = ["1.1.1.1", "8.8.8.8", "9.9.9.9"]
    const lines = addresses.map((address) => `,,,${address}@example.com,,${address},,,,`)
    const header = "id,first_name,last_name,email,gender,ip_address,created_at,updated_at,password,status"
    const source = yield* directoryOf({ "1.csv": [header, ...lines].join("\n") })
    const run = yield* etl(["--source", source], { ...env, IP_API_URL: service.url })
    assert.strictEqual(run.code, 7, run.stderr)
    assert.match(run.stdout, /1 pending/)
    assert.match(run.stderr, /9\.9\.9\.9 stays pending: .* an invalid answer/)
    assert.deepStrictEqual(yield* query("select city from users order by email"), [
      { city: placeOf("1.1.1.1").city },
      { city: placeOf("8.8.8.8").city },
      { city: null },
    ])
    // The batch twice, its halves, their halves, and the address once more where it came before any answer.
    assert.isAtMost(service.requests.length, 7)
  }).pipe(Effect.scoped),
)
