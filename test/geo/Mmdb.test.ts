import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import tzLookup from "@photostructure/tz-lookup"
import { Cause, Context, Effect, Exit, FileSystem, Layer, Logger, Schema } from "effect"
import { IpNetwork, NetAddress } from "effect/net"
import { Answer, type Location } from "../../src/domain/Location.ts"
import { GeoLocator, GeoLocatorError } from "../../src/geo/GeoLocator.ts"
import * as Mmdb from "../../src/geo/Mmdb.ts"
import { makeMmdb, type MmdbSpec, type MmdbValue } from "../utils/mmdb.ts"

const writeFile = Effect.fnUntraced(function* (name: string, bytes: Uint8Array) {
  const fs = yield* FileSystem.FileSystem
  const path = `${yield* fs.makeTempDirectoryScoped()}/${name}`
  yield* fs.writeFile(path, bytes)
  return path
})

/** The locator of files with these contents. */
const locatorOf = Effect.fnUntraced(function* (...contents: ReadonlyArray<Uint8Array>) {
  const files = yield* Effect.forEach(contents, (bytes, index) => writeFile(`${index}.mmdb`, bytes))
  const { instant } = Context.get(yield* Layer.build(Mmdb.layer({ files })), GeoLocator)
  assert.isDefined(instant)
  return { files, locate: instant }
})

const ipv4File = (...networks: MmdbSpec["networks"]) => makeMmdb({ ipVersion: 4, recordSize: 24, networks })

const london = { latitude: 51.5074, longitude: -0.1278, country_code: "GB", state1: "England", city: "London" }

const located = (place: Partial<Location>): Answer =>
  Answer.located({
    latitude: 51.5074,
    longitude: -0.1278,
    country: null,
    region: null,
    city: null,
    timezone: "Europe/London",
    isp_name: null,
    ...place,
  })

const inLondon = located({ country: "United Kingdom", region: "England", city: "London" })

const answers = (entries: Record<string, Answer>): Map<string, Answer> => new Map(Object.entries(entries))

describe("Mmdb with the installed DB-IP files", () => {
  it.effect("locates addresses of both families, and does not know those without a place", () =>
    Effect.gen(function* () {
      const { name, instant, service } = yield* GeoLocator
      assert.deepStrictEqual([name, service], ["mmdb", undefined])
      const addresses = ["8.8.8.8", "81.2.69.142", "2a00:1450:4001:81b::200e", "10.0.0.1", "fe80::1"]
      const found = yield* instant!(addresses)
      const countries = addresses.map((address) => {
        const answer = found.get(address)
        return answer?._tag === "Located" ? [answer.location.country, answer.location.timezone] : answer?._tag
      })
      assert.deepStrictEqual(countries, [
        ["United States", "America/Los_Angeles"],
        ["United Kingdom", "Europe/London"],
        ["Germany", "Europe/Berlin"],
        "NotNow",
        "NotNow",
      ])
    }).pipe(Effect.provide(Mmdb.layer()), Effect.provide(NodeFileSystem.layer)),
  )
})

const Place = Schema.Struct({
  latitude: Schema.Int.check(Schema.isBetween({ minimum: -900_000, maximum: 900_000 })),
  longitude: Schema.Int.check(Schema.isBetween({ minimum: -1_800_000, maximum: 1_800_000 })),
  country: Schema.Literals([
    ["", null],
    ["ZZ", null],
    ["GB", "United Kingdom"],
    ["br", "Brazil"],
  ]),
  region: Schema.Literals(["", "Provence-Alpes-Côte d’Azur", "東京"]),
  city: Schema.Literals(["", "Tromsø", "x".repeat(77), "y".repeat(300)]),
  timezone: Schema.Literals(["", "Asia/Tokyo"]),
})

const Network = Schema.Struct({
  family: Schema.Literals([4, 6]),
  high: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0xffffffff })),
  low: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0xffffffff })),
  length: Schema.Int.check(Schema.isBetween({ minimum: 3, maximum: 32 })),
  place: Place,
  isNested: Schema.Boolean,
})

const Database = Schema.Struct({
  ipVersion: Schema.Literals([4, 6]),
  recordSize: Schema.Literals([24, 28, 32]),
  networks: Schema.Array(Network).check(Schema.isMaxLength(20)),
})

const hex = (value: number): string => `${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`

/** Public IPv6 addresses begin with the bits 001. */
const addressOf = ({ family, high, low }: Pick<typeof Network.Type, "family" | "high" | "low">): string =>
  family === 4
    ? [high >>> 24, (high >>> 16) & 255, (high >>> 8) & 255, high & 255].join(".")
    : NetAddress.formatIp(NetAddress.ipFromStringUnsafe(`${hex(((high >>> 3) | 0x2000_0000) >>> 0)}:${hex(low)}::1`))

const networkOf = (network: typeof Network.Type): string => {
  const zeros = 32 - network.length
  const high = zeros === 0 ? network.high : ((network.high >>> zeros) << zeros) >>> 0
  const base = addressOf({ ...network, high, low: 0 }).replace(/1$/, network.family === 6 ? "" : "1")
  return network.family === 4 ? `${addressOf({ ...network, high })}/${network.length}` : `${base}/${network.length}`
}
