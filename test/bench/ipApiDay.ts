import { Clock, Deferred, Effect, Fiber, Layer, Logger, Random, Ref } from "effect"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { Answer } from "../../src/domain/Location.ts"
import * as AddressTally from "../../src/pipeline/AddressTally.ts"
import * as IpApi from "../../src/geo/IpApi.ts"
import { Quota } from "../../src/geo/quota/Quota.ts"
import * as Locate from "../../src/pipeline/Locate.ts"
import * as MemoryRepo from "../../src/memory/MemoryRepo.ts"
import { ipv4 } from "../fixtures/Addresses.ts"
import { makeRandom, type Random as Numbers } from "../fixtures/Random.ts"
import { makeIpApiService } from "./ipApiService.ts"

const minute = 60_000

const addressesOf = (count: number, random: Numbers): ReadonlyArray<string> => {
  const addresses = new Set<string>()
  while (addresses.size < count) addresses.add(ipv4(random.next(), random.next()))
  return [...addresses]
}

/** Queues the addresses, drains the queue, and tells when that was done. */
const locateAll = Effect.fnUntraced(function* (addresses: ReadonlyArray<string>) {
  const { locations } = yield* MemoryRepo.Tables
  yield* Ref.set(locations, new Map(addresses.map((address) => [address, Answer.notNow])))
  const loaded = yield* Deferred.make<void>()
  yield* Deferred.succeed(loaded, undefined)
  const addressTally = yield* AddressTally.make
  const failure = yield* Locate.drain({ loaded, locateFor: undefined, addressTally, runId: undefined })
  const endedAt = yield* Clock.currentTimeMillis
  const answers = [...(yield* Ref.get(locations)).values()]
  return { failure, endedAt, located: answers.filter(({ _tag }) => _tag === "Located").length }
})

/** The most arrivals in any 60 s; they are in order. */
const busiestMinute = (arrivals: ReadonlyArray<number>): number => {
  let first = 0
  return arrivals.reduce((most, time, index) => {
    while (arrivals[first]! <= time - minute) first++
    return Math.max(most, index - first + 1)
  }, 0)
}

/**
 * Locates so many addresses with the program's own quota, queue and client of ip-api.com, against a simulated service
 * and under a simulated clock.
 */
export const simulateDay = Effect.fnUntraced(function* (options: {
  readonly addresses: number
  readonly seed: number
}) {
  const random = makeRandom(options.seed)
  const addresses = addressesOf(options.addresses, random)
  const api = makeIpApiService(random)
  const services = Layer.merge(
    IpApi.layer().pipe(Layer.provide([Quota.layerMemory(), Layer.succeed(HttpClient.HttpClient, api.client)])),
    MemoryRepo.layer,
  )
  const { failure, endedAt, located } = yield* Effect.gen(function* () {
    const context = yield* Layer.build(services)
    const locating = yield* Effect.forkChild(Effect.provide(locateAll(addresses), context))
    yield* TestClock.adjust("1 day")
    return yield* Fiber.join(locating)
  }).pipe(
    Random.withSeed(String(options.seed)),
    Effect.scoped,
    Effect.provide([TestClock.layer({ warningDelay: "10 minutes" }), Logger.layer([])]),
  )
  return {
    located,
    /** Why it ended early. */
    failure,
    minutes: endedAt / minute,
    requests: api.arrivals.length,
    refusals: api.refusals(),
    failures: api.failures,
    busiestMinute: busiestMinute(api.arrivals),
    /** Requests sent, of those that the quota would have allowed. */
    efficiency: api.arrivals.length / ((15 * endedAt) / minute),
  }
})
