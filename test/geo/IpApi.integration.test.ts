import dns from "node:dns"
import { createServer } from "node:net"
import { inspect } from "node:util"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it, vi } from "@effect/vitest"
import {
  Cause,
  Clock,
  Config,
  ConfigProvider,
  Context,
  Effect,
  Exit,
  Fiber,
  Layer,
  Logger,
  Redacted,
  References,
  Stream,
  Tracer,
} from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import type { DatabaseError } from "../../src/domain/DatabaseError.ts"
import { Answer, type Answers } from "../../src/domain/Location.ts"
import { GeoLocator, GeoLocatorConfigError, GeoLocatorError } from "../../src/geo/GeoLocator.ts"
import * as IpApi from "../../src/geo/IpApi.ts"
import { hostOf } from "../../src/geo/ip-api/options.ts"
import { Quota } from "../../src/geo/quota/Quota.ts"
import { type Behaviour, behaviours, fakeIpApi, type FakeIpApi, placeOf } from "../utils/ipApi.ts"
import type { Address } from "../../src/domain/Address.ts"
import { ip } from "../utils/addresses.ts"

const someAddresses = (count: number, from = 0): ReadonlyArray<Address> =>
  Array.from({ length: count }, (_, index) => ip(`8.${(from + index) >> 8}.${(from + index) & 255}.1`))

const expected = (addresses: ReadonlyArray<Address>): Answers =>
  new Map(addresses.map((address) => [address, Answer.located(placeOf(address))]))

const live = (millis: number) => TestClock.withLive(Effect.sleep(millis))

/** The service against an endpoint, and a way to let time pass only while no request is under way. */
const connect = Effect.fnUntraced(function* (options: IpApi.IpApiOptions) {
  let underWay = 0
  const observedQuota = Layer.effect(
    Quota,
    Effect.map(Quota, (quota) =>
      Quota.of({
        ...quota,
        withPermit: (request) =>
          quota.withPermit((sending) =>
            Effect.acquireUseRelease(
              Effect.sync(() => underWay++),
              () => request(sending),
              () => Effect.sync(() => underWay--),
            ),
          ),
      }),
    ),
  ).pipe(Layer.provide(Quota.layerMemory()))
  const context = yield* Layer.build(IpApi.layer(options).pipe(Layer.provide(observedQuota)))
  const { service } = Context.get(context, GeoLocator)
  assert.isDefined(service)

  // Between two permits there is none under way for a turn of the event loop: on a busy machine a look may fall there.
  const nextTurn = Effect.promise(() => new Promise(setImmediate))
  const isIdle = Effect.map(
    Effect.forEach(Array.from({ length: 5 }), () => Effect.map(nextTurn, () => underWay === 0)),
    (turns) => turns.every((idle) => idle),
  )

  const settle = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
    const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
    while (fiber.pollUnsafe() === undefined) {
      yield* live(1)
      if (yield* isIdle) yield* TestClock.adjust("1 second")
    }
    return yield* Fiber.await(fiber)
  })

  return { service, locate: (addresses: ReadonlyArray<Address>) => settle(service.locate(addresses)), settle }
})

const start = Effect.fnUntraced(function* (options: { readonly key?: string } = {}) {
  const server = yield* fakeIpApi(options)
  const key = options.key === undefined ? undefined : Redacted.make(options.key)
  return { server, ...(yield* connect({ url: server.url, key })) }
})

const failureOf = (exit: Exit.Exit<Answers, DatabaseError | GeoLocatorError>): GeoLocatorError => {
  assert.isTrue(Exit.isFailure(exit))
  const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
  assert.instanceOf(error, GeoLocatorError)
  return error as GeoLocatorError
}

const answersOf = (exit: Exit.Exit<Answers, DatabaseError | GeoLocatorError>): Answers => {
  if (Exit.isFailure(exit)) return assert.fail(Cause.pretty(exit.cause))
  return exit.value
}

const times = (count: number, behaviour: Behaviour) => Array<Behaviour>(count).fill(behaviour)

const nonsense: ReadonlyArray<readonly [string, (server: FakeIpApi) => Behaviour]> = [
  ["500", () => behaviours.status(500)],
  ["503", () => behaviours.status(503)],
  ["HTML with 200", () => behaviours.html],
  ["an empty body", () => behaviours.status(200)],
  ["99 answers for 100 addresses", () => behaviours.short],
  ["101 answers for 100 addresses", () => behaviours.long],
  ["one answer a hundred times", () => behaviours.repeated],
  ["an answer for another address", () => behaviours.unasked],
  ["nulls", () => behaviours.nulls],
  ["a latitude of null", () => behaviours.nullLatitude],
  ["a latitude as text", () => behaviours.textLatitude],
  ["a latitude out of range", () => behaviours.wrongLatitude],
  ["a longitude out of range", () => behaviours.wrongLongitude],
  ["bytes that are not UTF-8", () => behaviours.notUtf8],
  ["a redirect", () => behaviours.redirect],
  ["a body that is cut short", () => behaviours.truncated],
  ["a connection reset", () => behaviours.reset],
  ["100 MB", (server) => server.huge],
  ["100 MB announced", () => behaviours.announcedHuge],
]

describe.each([
  ["node:http", NodeHttpClient.layerNodeHttp],
  ["fetch", NodeHttpClient.layerFetch],
] as const)("IpApi with %s", (_, client) => {
  it.effect("asks for a batch in one request and takes its answers, whatever their order", () =>
    Effect.gen(function* () {
      const { locate, server } = yield* start()
      const addresses = [...someAddresses(99), ip("2a00:1450:4001:81b::200e")]
      assert.deepStrictEqual(answersOf(yield* locate(addresses)), expected(addresses))
      server.script(behaviours.reversed)
      assert.deepStrictEqual(answersOf(yield* locate(addresses)), expected(addresses))
      assert.strictEqual(server.requests.length, 2)
      const [request] = server.requests
      assert.deepStrictEqual(request!.addresses, addresses)
      assert.strictEqual(
        decodeURIComponent(request!.url),
        "/batch?fields=status,message,query,lat,lon,country,regionName,city,timezone,isp",
      )
      assert.strictEqual(request!.headers["content-type"], "application/json")
      assert.isUndefined(request!.headers["traceparent"])
    }).pipe(Effect.provide(client)),
  )

  it.effect.each(nonsense)("asks again after %s, and takes nothing from it", ([_, behaviour]) =>
    Effect.gen(function* () {
      const { locate, server } = yield* start()
      const addresses = someAddresses(100)
      server.script(behaviour(server))
      assert.deepStrictEqual(answersOf(yield* locate(addresses)), expected(addresses))
      assert.strictEqual(server.requests.length, 2)
      assert.isTrue(server.requests.every(({ url }) => url.startsWith("/batch?")))
      assert.isAtLeast(server.requests[1]!.at - server.requests[0]!.at, 800)
      assert.isBelow(server.hugeBytes(), 20_000_000)

      server.script(...times(10, behaviour(server)))
      const error = failureOf(yield* locate(addresses))
      assert.isTrue(error.retryable)
      assert.include(error.message, server.url)
      assert.strictEqual(server.requests.length, 12)
      assert.strictEqual(server.refusals(), 0)
    }).pipe(Effect.provide(client)),
  )

  it.effect.each([
    ["answers nothing", behaviours.silent],
    ["never ends its answer", behaviours.stalled],
  ] as const)("gives up a try after 10 s where the service %s", ([_, behaviour]) =>
    Effect.gen(function* () {
      const { service, server, settle } = yield* start()
      const addresses = someAddresses(3)
      server.script(behaviour)
      const asked = yield* Effect.forkChild(service.locate(addresses), { startImmediately: true })
      while (server.requests.length === 0) yield* live(1)
      yield* live(20)
      yield* TestClock.adjust(9_999)
      assert.strictEqual(server.requests.length, 1)
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(answersOf(yield* settle(Fiber.join(asked))), expected(addresses))
      assert.strictEqual(server.requests.length, 2)
    }).pipe(Effect.provide(client)),
  )

  it.effect("hides the key from errors, logs and spans", () => {
    const secret = "s3cr3t-k3y"
    const told: Array<unknown> = []
    const spans: Array<Tracer.Span> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      },
    })
    return Effect.gen(function* () {
      const { locate, server } = yield* start({ key: secret })
      const addresses = someAddresses(100)
      assert.deepStrictEqual(answersOf(yield* locate(addresses)), expected(addresses))
      assert.isTrue(server.requests[0]!.url.endsWith(`&key=${secret}`))
      for (const [, behaviour] of nonsense) {
        server.script(...times(10, behaviour(server)))
        told.push(yield* locate(addresses))
      }
      for (const status of [403, 404, 422]) {
        server.script(behaviours.status(status))
        told.push(yield* locate(addresses))
      }
      const closed = yield* connect({ url: `${yield* closedPort}/batch`, key: Redacted.make(secret) })
      told.push(yield* closed.locate(addresses))
      assert.isTrue(told.every((exit) => typeof exit === "string" || Exit.isFailure(exit as Exit.Exit<unknown>)))
      const causes = told.flatMap((exit) =>
        Exit.isExit(exit) && Exit.isFailure(exit) ? [Cause.pretty(exit.cause)] : [],
      )
      const all = inspect([told, causes, spans], {
        depth: Infinity,
        maxArrayLength: Infinity,
        maxStringLength: Infinity,
      })
      assert.include(all, "url.full")
      assert.include(all, "the tenth time in a row")
      assert.notInclude(all, secret)
    }).pipe(
      Effect.provide([client, Logger.layer([Logger.map(Logger.formatJson, (line) => told.push(line))])]),
      Effect.withTracer(tracer),
    )
  })
})

const closedPort = Effect.callback<string>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" ? address?.port : undefined
    server.close(() => resume(Effect.succeed(`http://127.0.0.1:${port}`)))
  })
})

describe("IpApi", () => {
  it.effect("asks 40 batches at once within the quota, the first 15 immediately", () =>
    Effect.gen(function* () {
      const { server, service, settle } = yield* start()
      assert.deepStrictEqual(
        [service.provider, service.batchSize, service.concurrency, service.requestsPerMinute],
        ["ip-api", 100, 15, 15],
      )
      const begin = yield* Clock.currentTimeMillis
      const batches = Array.from({ length: 40 }, (_, index) => someAddresses(100, index * 100))
      const locateAll = Effect.forEach(batches, service.locate, { concurrency: service.concurrency })
      const exit = yield* settle(locateAll)
      assert.isTrue(Exit.isSuccess(exit))
      assert.strictEqual(server.requests.length, 40)
      assert.strictEqual(server.refusals(), 0)
      assert.isTrue(server.requests.slice(0, 15).every(({ at }) => at === begin))
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)),
  )

  it.effect("waits as long as a 429 says", () =>
    Effect.gen(function* () {
      const { locate, server } = yield* start()
      server.script(behaviours.status(429, { "X-Rl": "0", "X-Ttl": "7" }), behaviours.status(429))
      answersOf(yield* locate(someAddresses(1)))
      const [first, second, third] = server.requests.map(({ at }) => at)
      assert.closeTo(second! - first!, 8_000, 1_000)
      assert.closeTo(third! - second!, 61_000, 1_000)
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)),
  )

  it.effect("gives up after three 429s in a row", () =>
    Effect.gen(function* () {
      const { locate, server } = yield* start()
      server.script(...times(3, behaviours.status(429)))
      const error = failureOf(yield* locate(someAddresses(1)))
      assert.isTrue(error.retryable)
      assert.include(error.message, "429")
      assert.strictEqual(server.requests.length, 3)
      server.script(behaviours.status(429), behaviours.status(429), behaviours.status(500), behaviours.status(429))
      answersOf(yield* locate(someAddresses(1)))
      assert.strictEqual(server.requests.length, 8)
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)),
  )

  it.effect("after a 429 one batch goes first, and the others wait for its answer", () =>
    Effect.gen(function* () {
      const { locate, server, service, settle } = yield* start()
      server.script(({ response, entries, send }) => {
        response.setHeader("X-Rl", 1).setHeader("X-Ttl", 5)
        send(entries)
      })
      answersOf(yield* locate(someAddresses(1)))
      let release = () => {}
      server.script(behaviours.status(429, { "X-Rl": "0", "X-Ttl": "20" }), ({ entries, send }) => {
        release = () => send(entries)
      })
      const batches = Array.from({ length: 4 }, (_, index) => someAddresses(2, index * 2))
      const all = yield* Effect.forkChild(
        settle(Effect.forEach(batches, service.locate, { concurrency: service.concurrency })),
      )
      while (server.requests.length < 3) yield* live(1)
      yield* live(200)
      assert.strictEqual(server.requests.length, 3)
      release()
      assert.isTrue(Exit.isSuccess(yield* Fiber.join(all)))
      assert.strictEqual(server.requests.length, 6)
      assert.closeTo(server.requests[2]!.at - server.requests[1]!.at, 21_000, 1_000)
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)),
  )

  /** Answers nonsense where one of these addresses is asked for. */
  const trips =
    (bad: ReadonlyArray<string>): Behaviour =>
    (exchange) => {
      const isBad = (entry: object) => "query" in entry && bad.some((address) => address === entry.query)
      if (exchange.entries.some(isBad)) behaviours.wrongLatitude(exchange)
      else exchange.send(exchange.entries)
    }

  it.effect.each([
    ["the first", [0]],
    ["the last", [99]],
    ["two neighbours", [0, 1]],
    ["four", [3, 27, 52, 90]],
  ] as const)("leaves out addresses that are always answered with nonsense: %s of a batch", ([, indexes]) => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      const { server, service, settle } = yield* start()
      const addresses = someAddresses(300)
      const bad = indexes.map((index) => addresses[100 + index]!)
      server.script(...times(200, trips(bad)))
      const batches = [0, 100, 200].map((from) => addresses.slice(from, from + 100))
      const exit = yield* settle(Effect.forEach(batches, service.locate, { concurrency: service.concurrency }))
      const places = expected(addresses)
      for (const [index, answers] of (Exit.isSuccess(exit) ? exit.value : assert.fail()).entries()) {
        const wanted = batches[index]!.map(
          (address) => [address, bad.includes(address) ? Answer.notNow : places.get(address)!] as const,
        )
        assert.deepStrictEqual(answers, new Map(wanted))
      }
      assert.isAtMost(server.requests.length, 4 + 16 * bad.length)
      assert.strictEqual(server.refusals(), 0)
      for (const address of bad) {
        const [line, ...more] = lines.filter((text) => text.includes(`${address} stays pending`))
        assert.deepStrictEqual(more, [])
        assert.include(line, "sent an invalid answer")
      }
    }).pipe(
      Effect.provide([
        NodeHttpClient.layerUndici,
        Logger.layer([Logger.map(Logger.formatJson, (line) => lines.push(line))]),
      ]),
    )
  })

  it.effect("sends nothing while the service says that none remain", () =>
    Effect.gen(function* () {
      const { locate, server } = yield* start()
      server.script(({ response, entries, send }) => {
        response.setHeader("X-Rl", 0).setHeader("X-Ttl", 20)
        send(entries)
      })
      answersOf(yield* locate(someAddresses(1)))
      answersOf(yield* locate(someAddresses(1)))
      assert.closeTo(server.requests[1]!.at - server.requests[0]!.at, 21_000, 1_000)
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)),
  )

  it.effect.each([
    [403, undefined, undefined, "this network address is banned"],
    [403, "s3cr3t", "key", "the key is not accepted, or this network address is banned"],
    [404, undefined, "url", "check the URL."],
    [404, "s3cr3t", "url", "check the URL and the key."],
  ] as const)(
    "tells a %i with the key %s without trying again, and which setting to check",
    ([status, key, setting, why]) =>
      Effect.gen(function* () {
        const { locate, server } = yield* start(key === undefined ? {} : { key })
        server.script(behaviours.status(status))
        const error = failureOf(yield* locate(someAddresses(1)))
        assert.include(error.message, `ip-api answered ${status}: ${why}`)
        assert.notInclude(error.message, "IP_API")
        assert.deepStrictEqual([error.setting, error.retryable], [setting, false])
        assert.strictEqual(server.requests.length, 1)
      }).pipe(Effect.provide(NodeHttpClient.layerUndici)),
  )

  it.effect("dies where the service finds the batch too large", () =>
    Effect.gen(function* () {
      const { locate, server } = yield* start()
      server.script(behaviours.status(422))
      assert.isTrue(Exit.hasDies(yield* locate(someAddresses(1))))
      assert.strictEqual(server.requests.length, 1)
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)),
  )

  it.effect("asks for the canonical form, once, whatever text it is given, and for no special address", () =>
    Effect.gen(function* () {
      const { locate, server } = yield* start()
      const texts = ["2001:4860:4860:0:0:0:0:8888", "8.8.8.8 ", "8.8.8.8", "10.0.0.1", "no address"]
      const answers = answersOf(yield* locate(texts as ReadonlyArray<string> as ReadonlyArray<Address>))
      assert.deepStrictEqual(
        new Map<string, Answer>(answers),
        new Map([
          ["2001:4860:4860:0:0:0:0:8888", Answer.located(placeOf("2001:4860:4860::8888"))],
          ["8.8.8.8 ", Answer.located(placeOf("8.8.8.8"))],
          ["8.8.8.8", Answer.located(placeOf("8.8.8.8"))],
          ["10.0.0.1", Answer.unlocatable("private")],
          ["no address", Answer.unlocatable("not an address")],
        ]),
      )
      assert.deepStrictEqual(
        server.requests.map(({ addresses }) => addresses),
        [["2001:4860:4860::8888", "8.8.8.8"]],
      )
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)),
  )

  it.effect("asks for any number of addresses in batches of 100", () =>
    Effect.gen(function* () {
      const { locate, server } = yield* start()
      const addresses = someAddresses(250)
      const answers = answersOf(yield* locate(addresses))
      assert.deepStrictEqual(answers, expected(addresses))
      assert.deepStrictEqual(
        server.requests.map(({ addresses }) => addresses.length).toSorted((left, right) => left - right),
        [50, 100, 100],
      )
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)),
  )

  it.effect("reads its options through Config, by default from IP_API_URL and IP_API_KEY", () =>
    Effect.gen(function* () {
      const server = yield* fakeIpApi({ key: "s3cr3t" })
      const provider = ConfigProvider.fromUnknown({ IP_API_URL: server.url, IP_API_KEY: "s3cr3t", OURS: "other" })
      const locate = <E, R>(layer: Layer.Layer<GeoLocator, E, R>) =>
        Stream.runCollect(GeoLocator.locateAll(["8.8.8.8"])).pipe(
          Effect.provide(layer.pipe(Layer.provide(Quota.layerMemory()))),
          Effect.provideService(ConfigProvider.ConfigProvider, provider),
        )
      assert.deepStrictEqual(yield* locate(IpApi.layerConfig()), [["8.8.8.8", Answer.located(placeOf("8.8.8.8"))]])
      const own = IpApi.layerConfig({ url: Config.String("IP_API_URL"), key: Config.Redacted("OURS") })
      assert.strictEqual((yield* Effect.flip(locate(own)))._tag, "GeoLocatorError")
      assert.strictEqual((yield* Effect.flip(locate(IpApi.layer({ url: server.url }))))._tag, "GeoLocatorError")
      assert.deepStrictEqual(
        server.requests.map(({ url }) => new URL(url, server.url).searchParams.get("key")),
        ["s3cr3t", "other", null],
      )
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)),
  )

  it.effect("takes an address that is echoed in another form, and fields that are null", () =>
    Effect.gen(function* () {
      const { locate, server } = yield* start()
      const address = ip("2a00:1450:4001:81b::200e")
      const query = "2A00:1450:4001:081B:0:0:0:200E"
      server.script(({ entries, send }) => send([{ ...entries[0], query, country: null, city: "", isp: undefined }]))
      assert.deepStrictEqual(
        answersOf(yield* locate([address])),
        new Map([[address, Answer.located({ ...placeOf(address), country: null, city: null, isp_name: null })]]),
      )
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)),
  )

  it.effect("takes each reason for which the service fails an address", () =>
    Effect.gen(function* () {
      const { locate, server } = yield* start()
      const messages = ["private range", "reserved range", "invalid query", "something\nnew", ""]
      const addresses = someAddresses(messages.length)
      server.script(({ send }) =>
        send(addresses.map((query, index) => ({ status: "fail", message: messages[index], query }))),
      )
      const reasons = ["private range", "reserved range", "invalid query", "something new", "unknown"]
      assert.deepStrictEqual(
        [...answersOf(yield* locate(addresses))],
        addresses.map((address, index) => [address, Answer.unlocatable(reasons[index]!)]),
      )
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)),
  )

  it.effect.each([
    [{}, "http://ip-api.com/batch"],
    [{ url: "", key: Redacted.make("") }, "http://ip-api.com/batch"],
    [{ key: Redacted.make("s3cr3t") }, "https://pro.ip-api.com/batch"],
  ] as const)("asks the endpoint that is for %o", ([options, endpoint]) => {
    const asked: Array<string> = []
    const client = HttpClient.make((request) => {
      asked.push(request.url)
      return Effect.succeed(HttpClientResponse.fromWeb(request, new Response(null, { status: 404 })))
    })
    return Effect.gen(function* () {
      const { locate } = yield* connect(options)
      failureOf(yield* locate(someAddresses(1)))
      assert.deepStrictEqual(asked, [endpoint])
      // Who names the endpoint shares the quota of those who do not.
      assert.strictEqual(hostOf(options), hostOf({ url: endpoint }))
      assert.strictEqual(hostOf(options), new URL(endpoint).host)
    }).pipe(Effect.provideService(HttpClient.HttpClient, client))
  })

  const unreachable = Effect.fnUntraced(function* (url: string) {
    const { service, settle } = yield* connect({ url })
    const begin = yield* Clock.currentTimeMillis
    const batches = Array.from({ length: 15 }, (_, index) => someAddresses(100, index * 100))
    const exit = yield* settle(Effect.forEach(batches, service.locate, { concurrency: 15 }))
    assert.isTrue(Exit.isFailure(exit))
    const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
    assert.instanceOf(error, GeoLocatorError)
    // The tries reached nobody and cost no permits, so that giving up does not take minutes.
    assert.closeTo((yield* Clock.currentTimeMillis) - begin, 90_000, 15_000)
    return error as GeoLocatorError
  })

  it.effect(
    "gives up soon on a closed port, and says in few lines which attempt failed and when the next one is",
    () => {
      const lines: Array<{ readonly level: string; readonly message: unknown }> = []
      return Effect.gen(function* () {
        const url = `${yield* closedPort}/batch`
        const error = yield* unreachable(url)
        assert.isTrue(error.retryable)
        assert.strictEqual(error.message, `${url} could not be reached (ECONNREFUSED), the tenth time in a row`)
        const attempts = lines.map(({ level, message }) => {
          const [, attempt, wait] = /: attempt (\d+) of 10, next in (\d+) s$/.exec(String(message)) ?? []
          assert.strictEqual(
            message,
            `${url} could not be reached (ECONNREFUSED): attempt ${attempt} of 10, next in ${wait} s`,
          )
          return [level, Number(attempt), Number(wait)] as const
        })
        assert.deepStrictEqual(
          attempts.map(([, attempt]) => attempt),
          [1, 2, 3, 4, 5, 6, 7, 8, 9],
        )
        assert.deepStrictEqual(
          attempts.flatMap(([level, attempt]) => (level === "WARN" ? [attempt] : [])),
          [1, 4, 7],
        )
        assert.isAbove(attempts[8]![2], 10)
      }).pipe(
        Effect.provide([
          NodeHttpClient.layerUndici,
          Logger.layer([Logger.map(Logger.formatStructured, (line) => lines.push(line))]),
          Layer.succeed(References.MinimumLogLevel, "Debug"),
        ]),
      )
    },
  )

  it.effect("says what is wrong until the service answers again; batches in flight ask again at once then", () => {
    const lines: Array<unknown> = []
    return Effect.gen(function* () {
      const { server, service, settle } = yield* start()
      let release = () => {}
      server.script(...times(16, behaviours.status(500)), ({ entries, send }) => {
        release = () => send(entries)
      })
      const batches = Array.from({ length: 15 }, (_, index) => someAddresses(1, index))
      const asking = yield* Effect.forkChild(
        settle(Effect.forEach(batches, service.locate, { concurrency: service.concurrency })),
      )
      while (server.requests.length < 17) yield* live(1)
      assert.strictEqual(yield* service.trouble!, `${server.url} answered 500`)
      release()
      assert.isTrue(Exit.isSuccess(yield* Fiber.join(asking)))
      assert.isUndefined(yield* service.trouble!)
      assert.deepStrictEqual(lines, [`${server.url} answered 500: attempt 1 of 10, next in 1 s`])
    }).pipe(
      Effect.provide([
        NodeHttpClient.layerUndici,
        Logger.layer([Logger.map(Logger.formatStructured, ({ message }) => lines.push(message))]),
      ]),
    )
  })

  it.effect.each([
    ["node:http", NodeHttpClient.layerNodeHttp],
    ["fetch", NodeHttpClient.layerFetch],
  ] as const)("gives up soon where names cannot be resolved, with %s", ([_, client]) =>
    Effect.gen(function* () {
      const failing = (_: string, _options: object, done: (error: Error) => void) =>
        void setImmediate(done, Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" }))
      yield* Effect.acquireRelease(
        Effect.sync(() => vi.spyOn(dns, "lookup").mockImplementation(failing as typeof dns.lookup)),
        (spy) => Effect.sync(() => spy.mockRestore()),
      )
      const error = yield* unreachable("http://ip-api.invalid/batch")
      assert.isTrue(error.retryable)
      assert.include(error.message, "ENOTFOUND")
    }).pipe(Effect.provide(client)),
  )

  it.effect.each([
    [{ url: "ip-api" }, "is not a URL"],
    [{ url: "ftp://ip-api.com/batch" }, "http:// or https://"],
    [{ url: "http://user:word@ip-api.com/batch" }, "a user or a password"],
    [{ url: "http://ip-api.com/batch", key: Redacted.make("s3cr3t") }, "https://"],
  ] as const)("refuses %o", ([options, why]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(connect(options))
      assert.instanceOf(error, GeoLocatorConfigError)
      assert.strictEqual(error.setting, "url")
      assert.include(error.message, why)
      assert.notMatch(error.message, /s3cr3t|user:word|IP_API/)
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)),
  )
})
