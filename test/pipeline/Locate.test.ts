import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Layer, Logger, Ref } from "effect"
import { TestClock } from "effect/testing"
import { Answer } from "../../src/domain/Location.ts"
import * as AddressTally from "../../src/pipeline/AddressTally.ts"
import { GeoLocator, type GeoService } from "../../src/geo/GeoLocator.ts"
import * as Locate from "../../src/pipeline/Locate.ts"
import * as Locating from "../../src/pipeline/Locating.ts"
import * as Testing from "../../src/testing.ts"

const manyAddresses = (count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => `8.${index >> 8}.${index & 255}.8`)

/** Queues these addresses as they are written, and drains the queue once no more come. */
const drain = Effect.fnUntraced(function* (addresses: ReadonlyArray<string>) {
  const { locations } = yield* Testing.Tables
  yield* Ref.set(locations, new Map(addresses.map((address) => [address, Answer.notNow])))
  const loaded = yield* Deferred.make<void>()
  yield* Deferred.succeed(loaded, undefined)
  const addressTally = yield* AddressTally.make
  assert.isUndefined(yield* Locate.drain({ loaded, locateFor: undefined, addressTally, runId: undefined }))
  return { counts: yield* addressTally.counts, answers: yield* Ref.get(locations) }
})

const isLocal = (address: string): boolean => !address.endsWith("0.8")

/** Knows most addresses at once, and asks a service for one in ten; `asked` collects its batches. */
const chained = (asked: Array<ReadonlyArray<string>>, service: Partial<GeoService> = {}) =>
  Layer.succeed(GeoLocator, {
    name: "local,service",
    instant: (addresses) =>
      Effect.succeed(
        new Map(addresses.filter(isLocal).map((address) => [address, Answer.located(Testing.place({ city: "Here" }))])),
      ),
    service: {
      provider: "service",
      batchSize: 100,
      concurrency: 15,
      requestsPerMinute: 15,
      locate: (addresses) =>
        Effect.sync(() => {
          asked.push(addresses)
          return new Map(addresses.map((address) => [address, Answer.unlocatable("unknown")]))
        }),
      ...service,
    },
  })

describe("Locating.run", () => {
  const counted = Effect.succeed({ requests: 3, refusals: 1 })
  it.effect.each([
    ["of a service that counts them", chained([], { requestCounts: counted }), [3, 1]],
    ["of a service that does not", chained([]), [null, null]],
    ["without a service", GeoLocator.none, [0, 0]],
  ] as const)("sums up the requests %s", ([, locator, expected]) =>
    Effect.gen(function* () {
      const { addresses } = yield* Locating.run()
      assert.deepStrictEqual([addresses.requests, addresses.refusals], [...expected])
    }).pipe(Effect.provide(Layer.merge(Testing.layerRepo, locator))),
  )
})

describe("Locating.drain", () => {
  it.effect("that ends before a service in trouble has answered says what is wrong with that", () =>
    Effect.gen(function* () {
      const { locations } = yield* Testing.Tables
      yield* Ref.set(locations, new Map([["8.8.0.8", Answer.notNow]]))
      const loaded = yield* Deferred.make<void>()
      yield* Deferred.succeed(loaded, undefined)
      const addressTally = yield* AddressTally.make
      const draining = yield* Effect.forkChild(
        Locate.drain({ addressTally, loaded, locateFor: Duration.seconds(3), runId: undefined }),
      )
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* Fiber.join(draining), {
        why: "its time is up: http://geo:80/ could not be reached (ECONNREFUSED)",
      })
    }).pipe(
      Effect.provide(
        Layer.merge(
          Testing.layerRepo,
          chained([], {
            locate: () => Effect.never,
            trouble: Effect.succeed("http://geo:80/ could not be reached (ECONNREFUSED)"),
          }),
        ),
      ),
    ),
  )

  it.effect("asks the service in full batches for what the local database does not know", () => {
    const asked: Array<ReadonlyArray<string>> = []
    return Effect.gen(function* () {
      const addresses = manyAddresses(12_000)
      const unknown = addresses.filter((address) => !isLocal(address))
      const { counts } = yield* drain(addresses)
      assert.deepInclude(counts, { local: addresses.length - unknown.length, service: unknown.length })
      assert.deepStrictEqual(asked.flat().sort(), [...unknown].sort())
      assert.strictEqual(asked.length, Math.ceil(unknown.length / 100))
    }).pipe(Effect.provide(Layer.merge(Testing.layerRepo, chained(asked))))
  })

  it.effect("asks for addresses in their canonical form, however they are queued, and never for what is none", () => {
    const asked: Array<ReadonlyArray<string>> = []
    const queued = ["2A00:1450:4001:081B:0:0:0:200E", " 8.8.8.8", "8.8.8.8", "10.0.0.1 ", "10.0.0.256", "n/a"]
    const place = Testing.layerGeo({ "8.8.8.8": { city: "Here" } }, { asked })
    return Effect.gen(function* () {
      const { answers, counts } = yield* drain(queued)
      assert.deepStrictEqual(
        asked.map((batch) => [...batch].sort()),
        [["2a00:1450:4001:81b::200e", "8.8.8.8"]],
      )
      const here = Answer.located(Testing.place({ city: "Here" }))
      assert.deepStrictEqual(
        [...answers],
        [
          ["2A00:1450:4001:081B:0:0:0:200E", Answer.unlocatable("unknown")],
          [" 8.8.8.8", here],
          ["8.8.8.8", here],
        ],
      )
      assert.deepStrictEqual(counts.reasons, { private: 1, "not an address": 2, unknown: 1 })
    }).pipe(Effect.provide(Layer.merge(Testing.layerRepo, place)))
  })

  it.effect("tells once how long the service will take where nothing is loaded", () => {
    const told: Array<unknown> = []
    return Effect.gen(function* () {
      yield* drain(manyAddresses(150).map((address) => address.replace(/8$/, "7")))
      assert.deepStrictEqual(told, [["150 addresses queued, about 6 s at 15 requests a minute"]])
    }).pipe(
      Effect.provide(
        Layer.mergeAll(
          Testing.layerRepo,
          Testing.layerGeo({}),
          Logger.layer([Logger.make(({ logLevel, message }) => logLevel === "Info" && told.push(message))]),
        ),
      ),
    )
  })
})
