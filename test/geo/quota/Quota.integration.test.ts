import { performance } from "node:perf_hooks"
import { PgClient } from "@effect/sql-pg"
import { assert, it } from "@effect/vitest"
import { Clock, Context, Effect, Fiber, Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { GeoLocator } from "../../../src/geo/GeoLocator.ts"
import * as IpApi from "../../../src/geo/IpApi.ts"
import { Permits } from "../../../src/geo/quota/Permits.ts"
import { Quota } from "../../../src/geo/quota/Quota.ts"
import * as Repositories from "../../../src/postgres/Repositories.ts"
import { behaviours, fakeIpApi } from "../../utils/ipApi.ts"
import { clientLayer, freshDatabase, sharedPostgres } from "../../utils/postgres.ts"
import type { Address } from "../../../src/domain/Address.ts"
import { ip } from "../../utils/addresses.ts"

const minute = 60_000

const live = (millis: number) => TestClock.withLive(Effect.sleep(millis))

/** Two processes that ask one service and share a database; `busy` counts what real time is needed for. */
const setting = Effect.gen(function* () {
  const server = yield* sharedPostgres
  const name = yield* freshDatabase
  const api = yield* fakeIpApi()
  let busy = 0
  const counted = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.acquireUseRelease(
      Effect.sync(() => busy++),
      () => effect,
      () => Effect.sync(() => busy--),
    )

  const client = Effect.gen(function* () {
    const repos = Repositories.layer.pipe(Layer.provideMerge(clientLayer(server, name)))
    const context = yield* Layer.build(Layer.fresh(repos))
    const permits = Context.get(context, Permits)
    const observedPermits = Layer.succeed(Permits, {
      acquire: (...args) => counted(permits.acquire(...args)),
      answered: (...args) => counted(permits.answered(...args)),
      giveBack: (...args) => counted(permits.giveBack(...args)),
    })
    const observed = Layer.effect(
      Quota,
      Effect.map(Quota, (quota) =>
        Quota.of({ ...quota, withPermit: (request) => quota.withPermit((sending) => counted(request(sending))) }),
      ),
    ).pipe(Layer.provide(Quota.layerShared({ provider: "ip-api" })), Layer.provide(observedPermits))
    const built = yield* Layer.build(
      IpApi.layer({ url: api.url }).pipe(
        Layer.provideMerge(observed),
        Layer.provide(FetchHttpClient.layer),
        Layer.fresh,
      ),
    )
    const { service } = Context.get(built, GeoLocator)
    return { sql: Context.get(context, PgClient.PgClient), service: service!, quota: Context.get(built, Quota) }
  })
  const clients = [yield* client, yield* client] as const

  const start = { test: yield* Clock.currentTimeMillis, real: performance.now() }
  let shifted = 0
  /** Lets a second pass in all clocks: the database's stamps grow older by what its own has not done of it. */
  const tick = Effect.gen(function* () {
    yield* TestClock.adjust("1 second")
    const missing = (yield* Clock.currentTimeMillis) - start.test - (performance.now() - start.real) - shifted
    if (missing <= 0) return
    shifted += missing
    yield* clients[0].sql`
      update etl_permits set granted_at = granted_at - make_interval(secs => ${missing / 1_000}),
        answered_at = answered_at - make_interval(secs => ${missing / 1_000})`
  })

  /** Time passes only while nothing is under way. */
  const settle = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
    const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
    let idle = 0
    while (fiber.pollUnsafe() === undefined) {
      yield* live(1)
      idle = busy === 0 ? idle + 1 : 0
      if (idle > 2) yield* tick
    }
    return yield* Fiber.join(fiber)
  })
  return { api, clients, settle, since: (time: number) => time - start.test }
})

const batch = (process: number, index: number): ReadonlyArray<Address> =>
  Array.from({ length: 100 }, (_, address) => ip(`8.${process}.${index}.${address}`))

it.effect("two processes that burst at once are never refused, and use what the service allows", () =>
  Effect.gen(function* () {
    const { api, clients, settle, since } = yield* setting
    const located = yield* settle(
      Effect.forEach(
        clients.flatMap(({ service }, process) =>
          Array.from({ length: 25 }, (_, index) => ({ service, process, index })),
        ),
        ({ index, process, service }) => service.locate(batch(process, index)),
        { concurrency: "unbounded" },
      ),
    )
    assert.isTrue(located.every((answers) => answers.size === 100))
    assert.strictEqual(api.refusals(), 0)
    const times = api.requests.map(({ at }) => since(at))
    const busiest = times.map((from) => times.filter((time) => time >= from && time < from + minute).length)
    assert.strictEqual(Math.max(...busiest), 15)
    assert.isBelow(times[14]!, 1_000)
    assert.isBelow(times.at(-1)!, 3.2 * minute)
    const statistics = yield* Effect.forEach(clients, ({ quota }) => quota.requestCounts)
    assert.strictEqual(statistics[0]!.requests + statistics[1]!.requests, 50)
    assert.deepStrictEqual([statistics[0]!.refusals, statistics[1]!.refusals], [0, 0])
  }).pipe(Effect.scoped),
)

it.effect("a 429 of one process stops the other too, until it has passed", () =>
  Effect.gen(function* () {
    const { api, clients, settle, since } = yield* setting
    const [one, other] = clients
    api.script(behaviours.status(429, { "X-Ttl": "90" }))
    yield* settle(
      Effect.all([
        Effect.forkChild(one.service.locate(batch(0, 0)), { startImmediately: true }),
        Effect.andThen(Effect.sleep("1 second"), other.service.locate(batch(1, 0))),
      ]),
    )
    const times = api.requests.map(({ at }) => since(at))
    assert.isBelow(times[0]!, 1_000)
    assert.isAtLeast(times[1]!, 90_000)
    assert.deepStrictEqual((yield* one.quota.requestCounts).refusals, 1)
  }).pipe(Effect.scoped),
)
