import { PgClient } from "@effect/sql-pg"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { Answer } from "../../../src/domain/Location.ts"
import { GeoLocator } from "../../../src/geo/GeoLocator.ts"
import * as AddressTally from "../../../src/pipeline/AddressTally.ts"
import { placeUnplaced } from "../../../src/pipeline/placeUnplaced.ts"
import { place } from "../../../src/testing.ts"
import { clear, native, repos } from "../../utils/repos.ts"

/** More than one page, and addresses that users of two pages share. */
const users = 100_003
const addresses = 70_001

const everywhere = GeoLocator.layerInstant(
  "everywhere",
  (asked) => new Map(asked.map((address) => [address, Answer.located(place({ city: address }))])),
)

layer(repos(native), { timeout: "60 seconds" })("users without a place", (it) => {
  it.effect(
    "are placed by pages, each address once",
    () =>
      Effect.gen(function* () {
        yield* clear
        const sql = yield* PgClient.PgClient
        yield* sql`
          insert into users (email, ip_address, updated, migrated_at, file_id, byte_offset)
          select 'u' || n || '@example.com',
            '9.' || n % ${addresses} / 65536 || '.' || n % ${addresses} / 256 % 256 || '.' || n % ${addresses} % 256,
            false, now(), 1, n
          from generate_series(1, ${users}) n`
        const tally = yield* AddressTally.make
        yield* placeUnplaced(tally, undefined).pipe(Effect.provide(everywhere))
        assert.deepInclude(yield* tally.counts, { located: addresses, local: addresses })
        const [placed] = yield* sql`
          select count(*) filter (where city = ip_address)::int as users from users`
        assert.deepStrictEqual(placed, { users })
        assert.deepStrictEqual(yield* sql`select from ip_locations`, [])
      }),
    60_000,
  )
})
