import { NodeFileSystem } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { placesByAddress } from "../../src/domain/rows/RowPlaces.ts"
import { RowSet } from "../../src/domain/rows/RowSet.ts"
import { GeoLocator, placesByNumber } from "../../src/geo/GeoLocator.ts"
import * as Mmdb from "../../src/geo/Mmdb.ts"
import * as AddressTally from "../../src/pipeline/AddressTally.ts"
import { countAnswers, locateUsers } from "../../src/pipeline/locateUsers.ts"
import type { Run } from "../../src/pipeline/Run.ts"
import { ip } from "../utils/addresses.ts"
import { makeUser } from "../utils/records.ts"

const addresses = [
  "8.8.8.8",
  "81.2.69.142",
  "2a00:1450:4001:81b::200e",
  "2001:200::1",
  // Nowhere, 6to4, NAT64, special ranges.
  "2c0f:ffff::1",
  "2002:5102:458e::1",
  "64:ff9b::808:808",
  "10.0.0.1",
  "2001:db8::1",
  "255.255.255.255",
]

const Drawn = Schema.Array(
  Schema.Struct({
    email: Schema.Literals(["a@x.org", "b@x.org", "c@x.org", "d@x.org", "e@x.org", "f@x.org"]),
    address: Schema.NullOr(Schema.Literals(addresses)),
  }),
)

const rowSet = (drawn: typeof Drawn.Type) =>
  RowSet.of(
    drawn.map(({ address, email }, byteOffset) => ({
      user: makeUser({ email, ip_address: address === null ? null : ip(address) }),
      instant: null,
      fileId: 1,
      byteOffset,
      line: 2,
      raw: new Uint8Array(),
    })),
  )

/** The places of the users, what is left for a service, and the counts. */
const located = Effect.fnUntraced(function* (drawn: typeof Drawn.Type) {
  const tally = yield* AddressTally.make
  const run = { addresses: tally, options: { locationsMaxAge: undefined } } as unknown as Run
  const users = rowSet(drawn)
  const found = yield* locateUsers(run, users)
  yield* countAnswers(run, found)
  const { places, queue } = found.locations
  return {
    places: placesByAddress(places, users.versions),
    queue,
    tally: yield* tally.counts,
    numbered: places.numbered,
  }
})

const locators = Mmdb.layer().pipe(Layer.provide(NodeFileSystem.layer))

layer(locators)("a share is located", (it) => {
  it.effect.prop(
    "by number as by the answers for its addresses",
    { drawn: Drawn, hasService: Schema.Boolean },
    ({ drawn, hasService }) =>
      Effect.gen(function* () {
        const own = yield* GeoLocator
        const service = hasService
          ? { provider: "later", batchSize: 100, concurrency: 1, locate: () => Effect.succeed(new Map()) }
          : undefined
        const wrapped = {
          ...own,
          service,
          instant: (asked: Parameters<NonNullable<typeof own.instant>>[0]) => own.instant!(asked),
        }
        // The files are opened by the first answers.
        yield* own.instant!([ip("8.8.8.8"), ip("2a00:1450::1")])
        const { numbered, ...byNumber } = yield* located(drawn).pipe(
          Effect.provideService(GeoLocator, { ...own, service }),
        )
        const byAnswers = yield* located(drawn).pipe(Effect.provideService(GeoLocator, wrapped))
        assert.deepStrictEqual({ ...byNumber, numbered: undefined }, byAnswers)
        assert.isDefined(numbered)
      }),
  )

  it.effect("nearly all public addresses have numbers", () =>
    Effect.gen(function* () {
      const { instant } = yield* GeoLocator
      assert.isDefined(placesByNumber(instant))
      yield* instant!([ip("8.8.8.8"), ip("2a00:1450::1")])
      const drawn = addresses.slice(0, 4).map((address, index) => ({ email: "abcd"[index]! + "@x.org", address }))
      const { numbered } = yield* located(drawn as typeof Drawn.Type)
      assert.strictEqual(numbered?.addresses, 4)
    }),
  )
})
