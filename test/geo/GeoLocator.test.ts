import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { Address } from "../../src/domain/Address.ts"
import { DatabaseError } from "../../src/domain/DatabaseError.ts"
import { Answer, type Answers, type Location } from "../../src/domain/Location.ts"
import {
  GeoLocator,
  GeoLocatorConfigError,
  GeoLocatorError,
  type GeoService,
  type Locator,
} from "../../src/geo/GeoLocator.ts"
import { ip, ips } from "../utils/addresses.ts"

const addresses = ips("1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4")

const place = (city: string): Location => ({
  latitude: 1,
  longitude: 2,
  country: null,
  region: null,
  city,
  timezone: null,
  isp_name: null,
})

const Told = Schema.Literals(["Located", "Unlocatable", "NotNow", "nothing"])

const toAnswer = (told: typeof Told.Type, by: string): Answer | undefined =>
  told === "nothing"
    ? undefined
    : told === "Located"
      ? Answer.located(place(by))
      : told === "Unlocatable"
        ? Answer.unlocatable(by)
        : Answer.notNow

/** Locates each address in the city of its name. */
const service = (part: Partial<GeoService> = {}): GeoService => ({
  provider: "ours",
  batchSize: 100,
  concurrency: 1,
  locate: (asked) => Effect.succeed(new Map(asked.map((address) => [address, Answer.located(place(address))]))),
  ...part,
})

const locatorOf = <E, R>(layer: Layer.Layer<GeoLocator, E, R>) =>
  Effect.map(Layer.build(layer), (context) => Context.get(context, GeoLocator))

const only = (part: Partial<Locator>): Layer.Layer<GeoLocator> =>
  Layer.succeed(GeoLocator, { name: "part", instant: undefined, service: undefined, ...part })

const broken = new GeoLocatorError({ provider: "mmdb", message: "damaged", retryable: false })

describe("GeoLocator.layerChain", () => {
  it.effect.prop(
    "asks each locator for what no earlier one answered, and keeps the first answer",
    [Schema.Array(Schema.Tuple(addresses.map(() => Told))).check(Schema.isMinLength(1), Schema.isMaxLength(4))],
    ([tables]) =>
      Effect.gen(function* () {
        const questions: Array<ReadonlyArray<string>> = []
        const layers = tables.map((table, index) =>
          GeoLocator.layerInstant("table", (asked) => {
            questions.push(asked)
            const answers = asked.flatMap((address) => {
              const answer = toAnswer(table[addresses.indexOf(address)]!, `locator ${index}`)
              return answer === undefined ? [] : [[address, answer] as const]
            })
            return new Map(answers)
          }),
        )
        const { instant } = yield* locatorOf(GeoLocator.layerChain(...layers))
        const answers = yield* instant!(addresses)
        const answeredBy = addresses.map((_, column) =>
          tables.findIndex((table) => table[column] === "Located" || table[column] === "Unlocatable"),
        )
        for (const [column, address] of addresses.entries()) {
          const by = answeredBy[column]!
          const expected = by === -1 ? Answer.notNow : toAnswer(tables[by]![column]!, `locator ${by}`)
          assert.deepStrictEqual(answers.get(address) ?? Answer.notNow, expected)
        }
        for (const [index, asked] of questions.entries()) {
          const open = addresses.filter((_, column) => answeredBy[column] === -1 || answeredBy[column]! >= index)
          assert.deepStrictEqual(asked, open)
          assert.isAbove(asked.length, 0)
        }
      }),
  )

  it.effect("takes names and the service from its parts", () =>
    Effect.gen(function* () {
      const mmdb = only({ name: "mmdb", instant: () => Effect.succeed<Answers>(new Map()) })
      const ipApi = service({ provider: "ip-api" })
      const both = yield* locatorOf(GeoLocator.layerChain(mmdb, only({ name: "ip-api", service: ipApi })))
      assert.strictEqual(both.name, "mmdb,ip-api")
      assert.strictEqual(both.service, ipApi)
      assert.isDefined(both.instant)
      assert.isUndefined((yield* locatorOf(GeoLocator.layerChain(GeoLocator.layerService(ipApi)))).instant)
      assert.isUndefined((yield* locatorOf(GeoLocator.layerChain(mmdb))).service)
    }),
  )

  it.effect("fails with the first locator that fails", () =>
    Effect.gen(function* () {
      const { instant } = yield* locatorOf(
        GeoLocator.layerChain(
          GeoLocator.layerInstant("broken", () => Effect.fail(broken)),
          GeoLocator.layerInstant("unasked", () => Effect.die("asked")),
        ),
      )
      assert.strictEqual(yield* Effect.flip(instant!(addresses)), broken)
    }),
  )

  it.effect("fails when it is made where two are services, and names both", () =>
    Effect.gen(function* () {
      const two = GeoLocator.layerChain(
        GeoLocator.layerService(service({ provider: "ip-api" })),
        GeoLocator.none,
        GeoLocator.layerService(service({ provider: "ours" })),
      )
      const error = yield* Effect.flip(locatorOf(two))
      assert.instanceOf(error, GeoLocatorConfigError)
      assert.strictEqual(error.setting, "layers")
      assert.include(error.message, "ip-api and ours")
    }),
  )
})

describe("GeoLocator.layerInstant", () => {
  class City extends Context.Service<City, string>()("test/City") {}

  it.effect("takes answers as they are, or an effect with services of its own", () =>
    Effect.gen(function* () {
      const plain = yield* locatorOf(
        GeoLocator.layerInstant(
          "plain",
          (asked) => new Map(asked.map((it) => [it, Answer.unlocatable("our network")])),
        ),
      )
      assert.deepStrictEqual([plain.name, plain.service], ["plain", undefined])
      assert.deepStrictEqual(
        yield* plain.instant!(ips("1.1.1.1")),
        new Map([[ip("1.1.1.1"), Answer.unlocatable("our network")]]),
      )
      const layer = GeoLocator.layerInstant("effect", (asked) =>
        Effect.map(City, (city) => new Map(asked.map((it) => [it, Answer.located(place(city))]))),
      )
      const withService = yield* locatorOf(layer.pipe(Layer.provide(Layer.succeed(City, "Oslo"))))
      assert.deepStrictEqual(
        yield* withService.instant!(ips("1.1.1.1")),
        new Map([[ip("1.1.1.1"), Answer.located(place("Oslo"))]]),
      )
    }),
  )
})

describe("GeoLocator.layerService", () => {
  it.effect("is named by its provider, and keeps what the service tells", () =>
    Effect.gen(function* () {
      const requestCounts = Effect.succeed({ requests: 1, refusals: 0 })
      const locator = yield* locatorOf(GeoLocator.layerService(service({ requestCounts })))
      assert.deepStrictEqual([locator.name, locator.instant, locator.service!.provider], ["ours", undefined, "ours"])
      assert.strictEqual(locator.service!.requestCounts, requestCounts)
      assert.isUndefined(locator.service!.requestsPerMinute)
    }),
  )

  it.effect("hands over distinct public addresses in batches, whatever it is given", () =>
    Effect.gen(function* () {
      const asked: Array<ReadonlyArray<string>> = []
      const locator = yield* locatorOf(
        GeoLocator.layerService(
          service({
            batchSize: 2,
            locate: (batch) => {
              asked.push(batch)
              return service().locate(batch)
            },
          }),
        ),
      )
      const texts = ["1.1.1.1", " 1.1.1.1", "10.0.0.1", "2.2.2.2", "3.3.3.3", "1.1.1.1"] as ReadonlyArray<string>
      const answers = yield* locator.service!.locate(texts as ReadonlyArray<Address>)
      assert.deepStrictEqual(asked, [
        ["1.1.1.1", "2.2.2.2"],
        ["3.3.3.3", "1.1.1.1"],
      ])
      assert.deepStrictEqual(
        new Map<string, Answer>(answers),
        new Map([
          ["10.0.0.1", Answer.unlocatable("private")],
          ["1.1.1.1", Answer.located(place("1.1.1.1"))],
          [" 1.1.1.1", Answer.located(place("1.1.1.1"))],
          ["2.2.2.2", Answer.located(place("2.2.2.2"))],
          ["3.3.3.3", Answer.located(place("3.3.3.3"))],
        ]),
      )
    }),
  )

  it.effect.each([
    [{ batchSize: 0 }, "batchSize"],
    [{ batchSize: 1.5 }, "batchSize"],
    [{ concurrency: 0 }, "concurrency"],
    [{ concurrency: NaN }, "concurrency"],
    [{ requestsPerMinute: 0 }, "requestsPerMinute"],
    [{ requestsPerMinute: NaN }, "requestsPerMinute"],
  ] as ReadonlyArray<readonly [Partial<GeoService>, string]>)("refuses %o", ([part, setting]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(locatorOf(GeoLocator.layerService(service(part))))
      assert.instanceOf(error, GeoLocatorConfigError)
      assert.strictEqual(error.setting, setting)
      assert.include(error.message, `${setting} is ${Object.values(part)[0]}`)
    }),
  )
})

describe("GeoLocator.none", () => {
  it.effect("locates and queues nothing", () =>
    Effect.gen(function* () {
      const none = yield* locatorOf(GeoLocator.none)
      assert.deepStrictEqual([none.name, none.instant, none.service], ["none", undefined, undefined])
    }),
  )
})

describe("GeoLocator.locateAll", () => {
  /** Knows 9.0.0.0/8 at once; the service knows the rest, but for 8.0.0.0/8. */
  const Both = (part: Partial<GeoService> = {}) =>
    GeoLocator.layerChain(
      GeoLocator.layerInstant(
        "nines",
        (asked) =>
          new Map(asked.flatMap((it) => (it.startsWith("9.") ? [[it, Answer.located(place("at once"))]] : []))),
      ),
      GeoLocator.layerService(
        service({
          locate: (asked) =>
            Effect.map(
              service().locate(asked),
              (answers) => new Map([...answers].filter(([it]) => !it.startsWith("8."))),
            ),
          ...part,
        }),
      ),
    )

  const text = Schema.Literals([
    "1.1.1.1",
    " 1.1.1.1",
    "2::0:1",
    "2::1",
    "9.9.9.9",
    "8.8.8.8",
    "10.0.0.1",
    "no address",
    "",
  ])
  const expected: Readonly<Record<typeof text.Type, Answer>> = {
    "1.1.1.1": Answer.located(place("1.1.1.1")),
    " 1.1.1.1": Answer.located(place("1.1.1.1")),
    "2::0:1": Answer.unlocatable("reserved"),
    "2::1": Answer.unlocatable("reserved"),
    "9.9.9.9": Answer.located(place("at once")),
    "8.8.8.8": Answer.notNow,
    "10.0.0.1": Answer.unlocatable("private"),
    "no address": Answer.unlocatable("not an address"),
    "": Answer.unlocatable("not an address"),
  }
  const sorted = (located: ReadonlyArray<readonly [string, Answer]>) =>
    located.map((it) => JSON.stringify(it)).toSorted()

  it.effect.prop(
    "answers each text that is given, once, as an array, another iterable or a stream of any pieces",
    [Schema.Array(text).check(Schema.isMaxLength(40)), Schema.Literals([1, 2, 7, 100])],
    ([texts, size]) =>
      Effect.gen(function* () {
        const wanted = sorted(texts.map((it) => [it, expected[it]]))
        for (const given of [texts, new Set(texts).size === texts.length ? new Set(texts) : texts.values()]) {
          assert.deepStrictEqual(sorted(yield* Stream.runCollect(GeoLocator.locateAll(given))), wanted)
        }
        const pieces = Stream.fromIterable(texts).pipe(Stream.rechunk(size))
        assert.deepStrictEqual(sorted(yield* Stream.runCollect(GeoLocator.locateAll(pieces))), wanted)
      }).pipe(Effect.provide(Both({ batchSize: size }))),
  )

  it.effect("asks in full batches, the last one smaller, as many at once as the service allows", () => {
    const sizes: Array<number> = []
    let underWay = 0
    let most = 0
    const layer = GeoLocator.layerService(
      service({
        batchSize: 10,
        concurrency: 3,
        locate: (asked) =>
          Effect.gen(function* () {
            sizes.push(asked.length)
            most = Math.max(most, ++underWay)
            yield* Effect.sleep("1 second")
            underWay--
            return yield* service().locate(asked)
          }),
      }),
    )
    return Effect.gen(function* () {
      const texts = Array.from({ length: 75 }, (_, index) => `1.0.0.${index}`)
      const fiber = yield* Effect.forkChild(Stream.runCollect(GeoLocator.locateAll(texts)))
      for (let second = 0; second < 10; second++) yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(fiber)).length, 75)
      assert.deepStrictEqual(sizes, [10, 10, 10, 10, 10, 10, 10, 5])
      assert.strictEqual(most, 3)
    }).pipe(Effect.provide(layer))
  })

  it.effect.each([
    ["all different", (index: number) => `1.${(index >> 8) & 255}.${index & 255}.1`],
    ["all one", () => "1.1.1.1"],
  ] as const)("answers without end what comes without end, and reads no further than it must: %s", ([, textOf]) =>
    Effect.gen(function* () {
      let given = 0
      const endless = Stream.fromIterable(
        (function* () {
          for (;;) yield textOf(given++)
        })(),
        { chunkSize: 64 },
      )
      const located = yield* GeoLocator.locateAll(endless).pipe(Stream.take(10_000), Stream.runCollect)
      assert.strictEqual(located.length, 10_000)
      assert.isBelow(given, 30_000)
    }).pipe(Effect.provide(Both({ concurrency: 2 }))),
  )

  it.effect("asks for the IPv4 address inside of 6to4 and NAT64, once", () => {
    const asked: Array<ReadonlyArray<string>> = []
    const texts = [
      "2002:101:101::1",
      "64:ff9b::101:101",
      "1.1.1.1",
      "2002:909:909::",
      "2002:a00:1::",
      "64:ff9b::7f00:1",
    ]
    const recorded = Both({
      locate: (addresses) =>
        Effect.andThen(
          Effect.sync(() => asked.push(addresses)),
          service().locate(addresses),
        ),
    })
    return Effect.gen(function* () {
      const located = yield* Stream.runCollect(GeoLocator.locateAll(texts))
      assert.deepStrictEqual(
        new Map(located),
        new Map([
          ["2002:101:101::1", Answer.located(place("1.1.1.1"))],
          ["64:ff9b::101:101", Answer.located(place("1.1.1.1"))],
          ["1.1.1.1", Answer.located(place("1.1.1.1"))],
          ["2002:909:909::", Answer.located(place("at once"))],
          ["2002:a00:1::", Answer.unlocatable("private")],
          ["64:ff9b::7f00:1", Answer.unlocatable("loopback")],
        ]),
      )
      assert.deepStrictEqual(asked, [["1.1.1.1"]])
    }).pipe(Effect.provide(recorded))
  })

  it.effect("without a service what nobody knows is unlocatable", () =>
    Effect.gen(function* () {
      const [unknown] = yield* Stream.runCollect(GeoLocator.locateAll(ips("8.8.8.8")))
      assert.deepStrictEqual(unknown, [ip("8.8.8.8"), Answer.unlocatable("unknown")])
    }).pipe(Effect.provide(GeoLocator.none)),
  )

  it.effect("fails as its parts do, and as the stream that it is given", () =>
    Effect.gen(function* () {
      const lost = new DatabaseError({ operation: "query", message: "lost", retryable: true })
      const failing = [
        [broken, GeoLocator.layerInstant("broken", () => Effect.fail(broken))],
        [broken, GeoLocator.layerService(service({ locate: () => Effect.fail(broken) }))],
        [lost, GeoLocator.layerService(service({ locate: () => Effect.fail(lost) }))],
      ] as const
      for (const [error, layer] of failing) {
        const located = Stream.runDrain(GeoLocator.locateAll(["8.8.8.8"]))
        assert.strictEqual(yield* Effect.flip(Effect.provide(located, layer)), error)
      }
      const cut = Stream.concat(Stream.make("9.9.9.9"), Stream.fail("cut"))
      const located = Stream.runDrain(GeoLocator.locateAll(cut))
      assert.strictEqual(yield* Effect.flip(Effect.provide(located, Both())), "cut")
    }),
  )

  it("takes no text alone, which is an iterable of its characters", () => {
    // @ts-expect-error -- which the type refuses
    const located = GeoLocator.locateAll("8.8.8.8")
    assert.isTrue(Stream.isStream(located))
  })
})
