import { execFileSync } from "node:child_process"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import tzLookup from "@photostructure/tz-lookup"
import { Cause, Context, Effect, Exit, FileSystem, Layer, Logger, Schema } from "effect"
import { IpNetwork, NetAddress } from "effect/net"
import { ipv4At, readIpv6 } from "../../src/domain/addressNumbers.ts"
import { Answer, type Answers, type Location } from "../../src/domain/Location.ts"
import { GeoLocator, GeoLocatorError, type Locator, placesByNumber } from "../../src/geo/GeoLocator.ts"
import * as Mmdb from "../../src/geo/Mmdb.ts"
import { makeMmdb, makeNode, type MmdbSpec, type MmdbValue } from "../utils/mmdb.ts"
import { ip, ips } from "../utils/addresses.ts"

const writeFile = Effect.fnUntraced(function* (name: string, bytes: Uint8Array) {
  const fs = yield* FileSystem.FileSystem
  const path = `${yield* fs.makeTempDirectoryScoped()}/${name}`
  yield* fs.writeFile(path, bytes)
  return path
})

/** The place of an address by number means the same as its answer. */
const checkNumbers = (instant: Locator["instant"], found: Answers) => {
  const places = placesByNumber(instant)!
  for (const [address, answer] of found) {
    const bytes = Buffer.from(address)
    const ipv4 = ipv4At(bytes, 0, bytes.length)
    const groups = new Uint16Array(8)
    if (ipv4 === -1 && !readIpv6(bytes, 0, bytes.length, groups)) continue
    const number = ipv4 === -1 ? places.ofIpv6(groups) : places.ofIpv4(ipv4)
    assert.deepStrictEqual(
      number === 0 ? Answer.notNow : Answer.located(places.table.location(number)),
      answer,
      address,
    )
  }
}

/** The locator of files with these contents. */
const locatorOf = Effect.fnUntraced(function* (...contents: ReadonlyArray<Uint8Array>) {
  const files = yield* Effect.forEach(contents, (bytes, index) => writeFile(`${index}.mmdb`, bytes))
  const { instant } = Context.get(yield* Layer.build(Mmdb.layer({ files })), GeoLocator)
  assert.isDefined(instant)
  const locate = (addresses: ReadonlyArray<string>) =>
    Effect.tap(instant(addresses.map(ip)), (found) => Effect.sync(() => checkNumbers(instant, found)))
  return { files, locate }
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

const answers = (entries: Record<string, Answer>): Answers =>
  new Map(Object.entries(entries).map(([address, answer]) => [ip(address), answer]))

describe("Mmdb with the installed DB-IP files", () => {
  it.effect("locates addresses of both families, and does not know those without a place", () =>
    Effect.gen(function* () {
      const { name, instant, service } = yield* GeoLocator
      assert.deepStrictEqual([name, service], ["mmdb", undefined])
      const addresses = ips("8.8.8.8", "81.2.69.142", "2a00:1450:4001:81b::200e", "10.0.0.1", "fe80::1")
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
    }).pipe(Effect.provide(Mmdb.layer().pipe(Layer.provide(NodeFileSystem.layer)))),
  )
})

const countryNames = { "": null, ZZ: null, GB: "United Kingdom", br: "Brazil" }

const Place = Schema.Struct({
  latitude: Schema.Int.check(Schema.isBetween({ minimum: -900_000, maximum: 900_000 })),
  longitude: Schema.Int.check(Schema.isBetween({ minimum: -1_800_000, maximum: 1_800_000 })),
  country: Schema.Literals(["", "ZZ", "GB", "br"]),
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
const addressOf = ({ family, high, low }: Pick<typeof Network.Type, "family" | "high" | "low">): NetAddress.IpAddress =>
  family === 4
    ? NetAddress.ipFromStringUnsafe([24, 16, 8, 0].map((shift) => (high >>> shift) & 255).join("."))
    : NetAddress.ipFromStringUnsafe(`${hex(((high >>> 3) | 0x2000_0000) >>> 0)}:${hex(low)}::1`)

const flatRecord = ({ latitude, longitude, country, region, city, timezone }: typeof Place.Type): MmdbValue => ({
  latitude: latitude / 10_000,
  longitude: longitude / 10_000,
  country_code: country,
  state1: region,
  city,
  timezone,
  postcode: "",
})

const nestedRecord = ({ latitude, longitude, country, region, city, timezone }: typeof Place.Type): MmdbValue => ({
  city: { geoname_id: 1n, names: { de: "?", en: city } },
  continent: { code: "EU" },
  country: { iso_code: country, names: { en: countryNames[country] ?? "" } },
  location: { accuracy_radius: 10n, latitude: latitude / 10_000, longitude: longitude / 10_000, time_zone: timezone },
  subdivisions: [{ iso_code: "X", names: { en: region } }, { names: { en: "?" } }],
  traits: { is_anycast: true },
})

const answerOf = ({ country, region, city, timezone, ...place }: typeof Place.Type): Answer => {
  const [latitude, longitude] = [place.latitude / 10_000, place.longitude / 10_000]
  if (latitude === 0 && longitude === 0) return Answer.notNow
  return Answer.located({
    latitude,
    longitude,
    country: countryNames[country],
    region: region || null,
    city: city || null,
    timezone: timezone || tzLookup(latitude, longitude),
    isp_name: null,
  })
}

describe("Mmdb", () => {
  it.effect.prop(
    "answers with the narrowest network, in both layouts, all record sizes and families",
    [Database],
    ([database]) =>
      Effect.gen(function* () {
        const networks = database.networks
          .filter(({ family }) => family <= database.ipVersion)
          .map((network) => ({ network, range: IpNetwork.fromAddressUnsafe(addressOf(network), network.length) }))
        const file = makeMmdb({
          ...database,
          networks: [
            ["192.0.2.0/24", {}],
            ...networks.map(
              ({ range, network: { place, isNested } }) =>
                [IpNetwork.format(range), isNested ? nestedRecord(place) : flatRecord(place)] as const,
            ),
          ],
        })
        const { locate } = yield* locatorOf(file)
        const probes = [
          ...database.networks.map(addressOf),
          ...networks.flatMap(({ range }) => [IpNetwork.firstAddress(range), IpNetwork.lastAddress(range)]),
        ]
        const expected = probes.map((address) => {
          const [narrowest] = networks
            .toReversed()
            .filter(({ range }) => IpNetwork.contains(range, address))
            .toSorted((left, right) => right.network.length - left.network.length)
          return [
            ip(NetAddress.formatIp(address)),
            narrowest === undefined ? Answer.notNow : answerOf(narrowest.network.place),
          ] as const
        })
        const found = yield* locate(probes.map(NetAddress.formatIp))
        assert.deepStrictEqual(found, new Map(expected))
      }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer)),
  )

  it.effect("completes the places of one file from the others, in their order", () =>
    Effect.gen(function* () {
      const city = ipv4File(["1.0.0.0/8", london], ["2.0.0.0/8", { ...london, city: "", state1: "" }])
      const asn = ipv4File(["0.0.0.0/0", { autonomous_system_number: 64_500n, autonomous_system_organization: "ASN" }])
      const isp = makeMmdb({
        ipVersion: 6,
        recordSize: 28,
        networks: [
          ["1.1.0.0/16", { isp: "ISP", organization: "?" }],
          ["2001:db8::/32", { as_organization: "AS" }],
        ],
      })
      const other = ipv4File(["0.0.0.0/0", { latitude: 1, longitude: 1, city: "Elsewhere", country_code: "FR" }])
      const nowhere = ipv4File(["1.0.0.0/8", { latitude: 0, longitude: 0, country_code: "ZZ" }])
      const nested = ipv4File(["1.2.0.0/16", { traits: { isp: "Traits", autonomous_system_organization: "?" } }])

      const { locate } = yield* locatorOf(asn, city)
      assert.deepStrictEqual(
        yield* locate(["1.1.1.1", "2.1.1.1", "3.1.1.1"]),
        answers({
          "1.1.1.1": located({ country: "United Kingdom", region: "England", city: "London", isp_name: "ASN" }),
          "2.1.1.1": located({ country: "United Kingdom", isp_name: "ASN" }),
          // An owner alone is no place.
          "3.1.1.1": Answer.notNow,
        }),
      )
      const { locate: locateNowhere } = yield* locatorOf(nowhere)
      assert.deepStrictEqual(yield* locateNowhere(["1.1.1.1"]), answers({ "1.1.1.1": Answer.notNow }))
      const { locate: locateByAll } = yield* locatorOf(nowhere, city, nested, isp, asn, other)
      const elsewhere = { latitude: 1, longitude: 1, country: "France", city: "Elsewhere", timezone: tzLookup(1, 1) }
      assert.deepStrictEqual(
        yield* locateByAll(["1.1.1.1", "1.2.1.1", "2.1.1.1", "3.1.1.1", "2001:db8::1"]),
        answers({
          "1.1.1.1": located({ country: "United Kingdom", region: "England", city: "London", isp_name: "ISP" }),
          "1.2.1.1": located({ country: "United Kingdom", region: "England", city: "London", isp_name: "Traits" }),
          "2.1.1.1": located({ country: "United Kingdom", city: "Elsewhere", isp_name: "ASN" }),
          "3.1.1.1": located({ ...elsewhere, isp_name: "ASN" }),
          "2001:db8::1": Answer.notNow,
        }),
      )
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  it.effect("takes what one file has where another has no record", () =>
    Effect.gen(function* () {
      const city = ipv4File(["1.0.0.0/8", london], ["3.0.0.0/8", { ...london, city: "Leeds" }])
      const asn = ipv4File(["2.0.0.0/8", { as_organization: "AS 2" }], ["3.0.0.0/8", { as_organization: "AS 3" }])
      const leeds = { country: "United Kingdom", region: "England", city: "Leeds", isp_name: "AS 3" }
      const expected = answers({ "1.1.1.1": inLondon, "2.1.1.1": Answer.notNow, "3.1.1.1": located(leeds) })
      for (const files of [
        [city, asn],
        [asn, city],
        [asn, city, asn],
      ]) {
        const { locate } = yield* locatorOf(...files)
        for (const address of ["1.1.1.1", "2.1.1.1", "3.1.1.1"]) yield* locate([address])
        assert.deepStrictEqual(yield* locate(["1.1.1.1", "2.1.1.1", "3.1.1.1"]), expected)
      }
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  it.effect("tells the records of two files apart, which may be the same numbers", () =>
    Effect.gen(function* () {
      const ipv6File = makeMmdb({
        ipVersion: 6,
        recordSize: 24,
        networks: [["2001::/16", { ...london, city: "Leeds" }]],
      })
      const { locate } = yield* locatorOf(ipv4File(["1.1.0.0/16", london]), ipv6File)
      assert.deepStrictEqual(
        yield* locate(["1.1.1.1", "2001::1"]),
        answers({
          "1.1.1.1": inLondon,
          "2001::1": located({ country: "United Kingdom", region: "England", city: "Leeds" }),
        }),
      )
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  it.effect("leaves out records that make no sense, and says so once", () => {
    const lines: Array<string> = []
    const senseless: ReadonlyArray<MmdbValue> = [
      { ...london, latitude: 90.1 },
      { ...london, longitude: -180.1 },
      { ...london, latitude: Number.NaN },
      { ...london, latitude: Number.POSITIVE_INFINITY },
      { ...london, latitude: "51.5" },
      { ...london, country_code: "GBR" },
      { ...london, city: 7n },
      { ...london, subdivisions: { names: {} } },
      { location: { latitude: 91, longitude: 0 } },
      { city: "London" },
      { latitude: 51.5 },
      "London",
    ]
    return Effect.gen(function* () {
      const networks = senseless.map((record, index) => [`2.${index}.0.0/16`, record] as const)
      const { files, locate } = yield* locatorOf(ipv4File(["1.0.0.0/8", london], ...networks, ["3.0.0.0/8", london]))
      const addresses = senseless.map((_, index) => `2.${index}.0.1`)
      for (let round = 0; round < 2; round++) {
        assert.deepStrictEqual(
          yield* locate(["1.1.1.1", ...addresses]),
          answers({ "1.1.1.1": inLondon, ...Object.fromEntries(addresses.map((address) => [address, Answer.notNow])) }),
        )
      }
      assert.strictEqual(lines.length, 1)
      assert.include(lines[0], files[0])
    }).pipe(
      Effect.provide([NodeFileSystem.layer, Logger.layer([Logger.map(Logger.formatJson, (line) => lines.push(line))])]),
    )
  })

  it.effect("reads a file when an address that it serves is first asked for", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const read: Array<string> = []
      const observed = FileSystem.FileSystem.of({
        ...fs,
        readFile: (path) => {
          read.push(path)
          return fs.readFile(path)
        },
      })
      const ipv6 = { ipVersion: 6, recordSize: 28 } as const
      const { files, locate } = yield* locatorOf(
        ipv4File(["1.0.0.0/8", london]),
        makeMmdb({ ...ipv6, networks: [["2001::/16", london]] }),
        makeMmdb({
          ...ipv6,
          networks: [
            ["2001::/16", london],
            ["1.0.0.0/8", london],
          ],
        }),
      ).pipe(Effect.provideService(FileSystem.FileSystem, observed))
      const [onlyIpv4, onlyIpv6, both] = files
      assert.deepStrictEqual(read, [])
      yield* locate([])
      assert.deepStrictEqual(read, [])
      yield* Effect.all([locate(["1.1.1.1"]), locate(["1.1.1.1"])], { concurrency: 2 })
      assert.sameMembers(read, [onlyIpv4!, both!])
      yield* locate(["2001::1", "1.1.1.1"])
      assert.sameMembers(read, [onlyIpv4!, both!, onlyIpv6!])
      assert.strictEqual(read.length, 3)
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  it.effect("numbers the place of a record once, whichever addresses share it", () =>
    Effect.gen(function* () {
      const oslo = { ...london, city: "Oslo" }
      const file = ipv4File(["1.0.0.0/8", london], ["2.0.0.0/8", oslo], ["3.0.0.0/8", london])
      const path = yield* writeFile("shared.mmdb", file)
      const { instant } = Context.get(yield* Layer.build(Mmdb.layer({ files: [path] })), GeoLocator)
      yield* instant!(ips("1.1.1.1", "1.2.2.2", "2.1.1.1", "3.1.1.1"))
      assert.strictEqual(placesByNumber(instant)!.table.count, 2)
      yield* instant!(ips("1.3.3.3", "2.3.3.3"))
      assert.strictEqual(placesByNumber(instant)!.table.count, 2)
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  const refusal = Effect.fnUntraced(function* (files: ReadonlyArray<string>) {
    const error = yield* Effect.flip(Layer.build(Mmdb.layer({ files })))
    assert.instanceOf(error, Mmdb.MmdbError)
    return error
  })

  const file = ipv4File(["1.0.0.0/8", london], ["2.0.0.0/8", { ...london, city: "Westminster" }])

  it.effect("refuses a missing file, a directory and other files by name", () =>
    Effect.gen(function* () {
      const good = yield* writeFile("good.mmdb", file)
      const text = yield* writeFile("text.mmdb", Buffer.from("<html>Not found</html>".repeat(20_000)))
      const empty = yield* writeFile("empty.mmdb", Buffer.alloc(0))
      const cases = [
        [`${good}.missing`, "missing", "does not exist"],
        [good.replace("/good.mmdb", ""), "invalid", "not a file"],
        [text, "invalid", "not an .mmdb file"],
        [empty, "invalid", "not an .mmdb file"],
      ] as const
      for (const [bad, reason, why] of cases) {
        const error = yield* refusal([good, bad])
        assert.deepStrictEqual([error.setting, error.file, error.reason], ["files", bad, reason])
        assert.include(error.message, `${bad} `)
        assert.include(error.message, why)
        assert.notInclude(error.message, "--")
      }
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  it.effect("refuses a file that was cut short anywhere", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* writeFile("cut.mmdb", file)
      for (let size = file.length - 1; size > 0; size -= 3) {
        yield* fs.writeFile(path, file.subarray(0, size))
        assert.include((yield* refusal([path])).message, path)
      }
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  it.effect("refuses a file that lacks bytes in its middle", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* writeFile("hole.mmdb", file)
      for (const from of [0, 24, 48]) {
        yield* fs.writeFile(path, Buffer.concat([file.subarray(0, from), file.subarray(from + 6)]))
        assert.include((yield* refusal([path])).message, path)
      }
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  it.effect("refuses a file of which a part was never written", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* writeFile("sparse.mmdb", file)
      const dataStart = file.indexOf(Buffer.alloc(16)) + 16
      const dataEnd = file.lastIndexOf("\xab\xcd\xefMaxMind.com", undefined, "latin1")
      const lastRecord = file.subarray(0, dataEnd).lastIndexOf("latitude") - 2
      for (const [from, to] of [
        [0, dataStart],
        [dataStart, lastRecord],
        [lastRecord, dataEnd],
        [dataEnd, file.length],
      ] as const) {
        yield* fs.writeFile(path, Buffer.from(file).fill(0, from, to))
        assert.include((yield* refusal([path])).message, path)
      }
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  const Damage = Schema.Array(
    Schema.Struct({
      at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: file.length - 1 })),
      byte: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 })),
    }),
  ).check(Schema.isMinLength(1))

  it.effect.prop(
    "tells damage as an error or gives valid answers, and never dies",
    [Damage],
    ([damage]) =>
      Effect.gen(function* () {
        const damaged = Buffer.from(file)
        for (const { at, byte } of damage) damaged[at] = byte
        const exit = yield* Effect.exit(
          Effect.flatMap(locatorOf(damaged), ({ locate }) => locate(["1.1.1.1", "2.1.1.1", "3.1.1.1"])),
        )
        if (Exit.isSuccess(exit)) {
          assert.strictEqual(exit.value.size, 3)
          return
        }
        assert.isFalse(Exit.hasDies(exit), Cause.pretty(exit.cause))
        const error = Cause.squash(exit.cause)
        assert.isTrue(error instanceof Mmdb.MmdbError || error instanceof GeoLocatorError)
        assert.include((error as Error).message, "0.mmdb")
      }).pipe(Effect.scoped, Effect.provide([NodeFileSystem.layer, Logger.layer([])])),
    { arbitrary: { runs: 300 } },
  )

  it.effect("tells a file that is damaged where only a look-up sees it", () =>
    Effect.gen(function* () {
      const damaged = Buffer.from(file)
      const city = damaged.indexOf("Westminster")
      damaged[city - 1] = 0
      const { files, locate } = yield* locatorOf(damaged)
      assert.deepStrictEqual(yield* locate(["1.1.1.1"]), answers({ "1.1.1.1": inLondon }))
      const error = yield* Effect.flip(locate(["2.1.1.1"]))
      assert.instanceOf(error, GeoLocatorError)
      assert.deepStrictEqual([error.setting, error.retryable], ["files", false])
      assert.include(error.message, files[0]!)
      assert.notInclude(error.message, "--")
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  const repeat = (bytes: ReadonlyArray<number>, times: number) => Buffer.alloc(bytes.length * times, Buffer.from(bytes))
  const sized = (type: number, size: number) => {
    const bytes = Buffer.from([(type > 7 ? 0 : type << 5) | 31, ...(type > 7 ? [type - 7] : []), 0, 0, 0])
    bytes.writeUIntBE(size - 65_821, bytes.length - 3, 3)
    return bytes
  }
  const millions = 16_000_000
  /** To a byte of the value of the only field of the first record. */
  const pointerTo = (at: number) => [0x20 | ((at + 3) >> 8), (at + 3) & 255]
  /** Arrays of 8 pointers to the next one. */
  const laughs = Buffer.concat(
    Array.from({ length: 30 }, (_, level) =>
      Buffer.from([
        8,
        4,
        ...Array(8)
          .fill(pointerTo((level + 1) * 18))
          .flat(),
      ]),
    ),
  )

  const crafted: ReadonlyArray<readonly [string, Buffer]> = [
    ["an array of 16 million maps", Buffer.concat([sized(11, millions), repeat([0xe0], millions)])],
    ["an array of 16 million that is not there", sized(11, millions)],
    ["a map of 16 million", Buffer.concat([sized(7, millions), repeat([0x40, 0xe0], 1_000)])],
    ["an array of pointers to itself", Buffer.concat([sized(11, millions), repeat(pointerTo(0), 100_000)])],
    ["a hundred thousand arrays in one another", repeat([0x01, 0x04], 100_000)],
    ["a pointer to itself", Buffer.from(pointerTo(0))],
    ["pointers to one another", Buffer.from([...pointerTo(2), ...pointerTo(0)])],
    ["arrays that share the next one", laughs],
    ["a text of 16 MB", Buffer.concat([sized(2, millions), repeat([0x61], millions)])],
    [
      "texts that are one",
      Buffer.concat([
        Buffer.from([28, 4, ...Array(28).fill(pointerTo(58)).flat()]),
        sized(2, 70_000),
        repeat([0x61], 70_000),
      ]),
    ],
  ]

  it.effect.each(crafted)("refuses a record that is made to take memory or time: %s", ([, record]) =>
    Effect.gen(function* () {
      const { files, locate } = yield* locatorOf(ipv4File(["1.0.0.0/8", { a: record }]))
      const [memory, start] = [process.memoryUsage.rss(), performance.now()]
      const error = yield* Effect.flip(locate(["1.1.1.1"]))
      assert.isBelow(performance.now() - start, 20_000)
      assert.isBelow(process.memoryUsage.rss() - memory, 100_000_000)
      assert.instanceOf(error, GeoLocatorError)
      assert.include(error.message, `${files[0]} is damaged: the record of 1.1.1.1 cannot be read`)
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  it.effect("refuses metadata that are made to take memory or time", () =>
    Effect.gen(function* () {
      const values = [sized(11, millions), sized(7, millions), repeat([0x01, 0x04], 30_000), Buffer.from([0x20, 0x00])]
      const networks = [["1.0.0.0/8", london]] as const
      const files = values.map((buildEpoch) => makeMmdb({ ipVersion: 4, recordSize: 24, networks, buildEpoch }))
      const marker = Buffer.from("\xab\xcd\xefMaxMind.com", "latin1")
      const [first] = files
      // mmdb-lib, which reads from the end, takes this end of a marker for a part of the one that it looks for.
      files.push(
        Buffer.concat([first!, marker, Buffer.from("m"), file.subarray(file.lastIndexOf(marker) + marker.length)]),
      )
      for (const bytes of files) {
        const start = performance.now()
        const error = yield* refusal([yield* writeFile("metadata.mmdb", bytes)])
        assert.include(error.message, "its metadata is invalid")
        assert.isBelow(performance.now() - start, 20_000)
      }
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  it.effect("reads a record that is as large as any", () =>
    Effect.gen(function* () {
      const names = Object.fromEntries(
        Array.from({ length: 500 }, (_, index) => [`language ${index}`, `name ${index}`]),
      )
      const { locate } = yield* locatorOf(
        ipv4File(["1.0.0.0/8", { ...london, more: [names, [[[[[[[[names]]]]]]]], names] }]),
      )
      assert.deepStrictEqual(yield* locate(["1.1.1.1"]), answers({ "1.1.1.1": inLondon }))
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  /** The shapes of MaxMind's databases, with what they say of 1.0.0.0/8 and 2a00::/16. */
  const maxMindCity = nestedRecord({
    latitude: 515_074,
    longitude: -1_278,
    country: "GB",
    region: "",
    city: "Tromsø",
    timezone: "",
  })
  const maxMindShapes: ReadonlyArray<readonly [string, MmdbValue, Partial<Location> | undefined]> = [
    ["GeoLite2-City", maxMindCity, { country: "United Kingdom", city: "Tromsø" }],
    ["GeoIP2-Country", { country: { iso_code: "GB", names: { en: "United Kingdom" } } }, undefined],
    ["GeoLite2-ASN", { autonomous_system_number: 1n, autonomous_system_organization: "ASN" }, undefined],
    ["GeoIP2-ISP", { isp: "ISP", organization: "?", autonomous_system_number: 1n }, undefined],
  ]
  const maxMind = (databaseType: string, record: MmdbValue, ipVersion: 4 | 6 = 6) =>
    makeMmdb({
      ipVersion,
      recordSize: databaseType.endsWith("City") ? 28 : 24,
      databaseType,
      networks: [["1.0.0.0/8", record], ...(ipVersion === 6 ? [["2a00::/16", record] as const] : [])],
      isMaxMind: true,
    })

  it.effect.each(maxMindShapes)("reads %s as MaxMind's writer leaves it", ([databaseType, record, place]) =>
    Effect.gen(function* () {
      const { locate } = yield* locatorOf(maxMind(databaseType, record))
      const expected = place === undefined ? Answer.notNow : located(place)
      const reserved = ["0.0.0.1", "10.0.0.1", "255.255.255.255", "2001:db8::1", "ff00::1"]
      assert.deepStrictEqual(
        yield* locate(["1.1.1.1", "2a00::1", "2002:101:101::1", ...reserved]),
        answers({
          "1.1.1.1": expected,
          "2a00::1": expected,
          "2002:101:101::1": expected,
          ...Object.fromEntries(reserved.map((address) => [address, Answer.notNow])),
        }),
      )
      const { locate: locateIpv4 } = yield* locatorOf(maxMind(databaseType, record, 4))
      assert.deepStrictEqual(yield* locateIpv4(["1.1.1.1"]), answers({ "1.1.1.1": expected }))
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  it.effect("completes MaxMind's City from its ISP", () =>
    Effect.gen(function* () {
      const { locate } = yield* locatorOf(maxMind("GeoIP2-ISP", { isp: "ISP" }), maxMind("GeoIP2-City", maxMindCity))
      assert.deepStrictEqual(
        yield* locate(["1.1.1.1"]),
        answers({ "1.1.1.1": located({ country: "United Kingdom", city: "Tromsø", isp_name: "ISP" }) }),
      )
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  it.effect("refuses a damaged file of MaxMind's", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const good = maxMind("GeoLite2-City", maxMindCity)
      const path = yield* writeFile("maxmind.mmdb", good)
      const treeSize = good.indexOf(Buffer.alloc(16))
      const nodeSize = 7
      const nodeCount = treeSize / nodeSize
      const empty = makeNode(nodeCount, nodeCount, 28)
      const toItself = Buffer.concat(Array.from({ length: nodeCount }, (_, node) => makeNode(nodeCount, node, 28)))
      const trees = [Buffer.alloc(treeSize), Buffer.alloc(treeSize, empty), toItself, Buffer.alloc(treeSize, 0xff)]
      for (const tree of trees) {
        yield* fs.writeFile(path, Buffer.concat([tree, good.subarray(treeSize)]))
        assert.include((yield* refusal([path])).message, "its tree leads nowhere")
      }
      for (let from = 0; from < treeSize; from += 10 * nodeSize) {
        yield* fs.writeFile(path, Buffer.concat([good.subarray(0, from), good.subarray(from + nodeSize)]))
        assert.include((yield* refusal([path])).message, path)
      }
      for (let size = good.length - 1; size > 0; size -= 31) {
        yield* fs.writeFile(path, good.subarray(0, size))
        assert.include((yield* refusal([path])).message, path)
      }
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  it.effect("refuses a pipe, and does not wait for who writes into it", () =>
    Effect.gen(function* () {
      const path = yield* writeFile("pipe", Buffer.alloc(0))
      execFileSync("mkfifo", [`${path}.mmdb`])
      assert.include((yield* refusal([`${path}.mmdb`])).message, "is not a file")
      assert.include((yield* refusal(["/dev/zero"])).message, "is not a file")
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )
})
