import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Fiber, Layer, Logger, Schema } from "effect"
import { TestClock } from "effect/testing"
import { GeoLocatorConfigError } from "../../../src/domain/GeoLocatorError.ts"
import { Permits } from "../../../src/geo/quota/Permits.ts"
import { Quota, type QuotaOptions, type Sending } from "../../../src/geo/quota/Quota.ts"

const minute = 60_000
const timeout = 10_000

const millis = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))

/**
 * What becomes of one request. `lost`: it reached the service, its response never reached us. `unreported`: it was
 * answered, which nobody tells the quota.
 */
const Call = Schema.Struct({
  pause: Schema.Literals([0, 0, 0, 0, 0, 0, 0, 40, 1_000, 15_000]),
  uplink: Schema.Literals([0, 0, 5, 300, 4_000]),
  downlink: Schema.Literals([0, 0, 5, 300, 4_000]),
  fate: Schema.Literals(["answered", "answered", "unreported", "cut", "refused", "lost", "interrupted", "headless"]),
  headers: Schema.Struct({ remaining: millis(20), resetsInMillis: millis(90_000) }),
  patience: millis(120_000),
})

/** `honest`: the service tells what it counts, others of the same address included. `random`: it tells anything. */
const Scenario = Schema.Struct({
  calls: Schema.Array(Call).check(Schema.isMinLength(20), Schema.isMaxLength(70)),
  headers: Schema.Literals(["honest", "random", "none"]),
  others: millis(10),
  limit: Schema.Literals([2, 15, 15]),
  window: Schema.Literals([1_000, minute, minute, 5 * minute]),
})

const now = Clock.currentTimeMillis

/** Runs the calls against a service that keeps a log of what it saw. */
const play = Effect.fnUntraced(function* (scenario: typeof Scenario.Type) {
  const quota = yield* Quota
  const arrivals: Array<number> = []
  const order: Array<number> = []
  let blockedUntil = -Infinity
  let sentWhileBlocked = 0
  let window = { endsAt: -Infinity, left: 0 }

  const count = (time: number) => {
    arrivals.push(time)
    if (time >= window.endsAt) {
      window = { endsAt: time + scenario.window, left: Math.max(1, scenario.limit - scenario.others) }
    }
    window.left = Math.max(0, window.left - 1)
    return { remaining: window.left, resetsInMillis: window.endsAt - time }
  }

  const call = (call: typeof Call.Type, index: number) =>
    quota.withPermit(({ notSent, responded }) =>
      Effect.gen(function* () {
        order.push(index)
        if ((yield* now) < blockedUntil) sentWhileBlocked++
        yield* Effect.sleep(call.uplink)
        if (call.fate === "cut") return yield* Effect.fail("connection reset")
        if (call.fate === "refused") return yield* Effect.andThen(notSent, Effect.fail("connection refused"))
        const honest = count(yield* now)
        yield* Effect.sleep(call.fate === "lost" ? timeout : call.downlink)
        if (call.fate === "unreported") return
        const headers = scenario.headers === "honest" ? honest : call.headers
        const told = scenario.headers === "none" || call.fate === "headless" ? undefined : headers
        yield* responded(told)
        if (told?.remaining === 0) blockedUntil = Math.max(blockedUntil, (yield* now) + told.resetsInMillis)
      }).pipe(Effect.timeout(timeout)),
    )

  const fibers: Array<Fiber.Fiber<void, unknown>> = []
  for (const [index, one] of scenario.calls.entries()) {
    if (one.pause > 0) yield* TestClock.adjust(one.pause)
    const fiber = yield* Effect.forkChild(call(one, index), { startImmediately: true })
    fibers.push(fiber)
    if (one.fate === "interrupted") {
      yield* Effect.forkChild(Effect.andThen(Effect.sleep(one.patience), Fiber.interrupt(fiber)))
    }
  }
  yield* TestClock.adjust("9 hours")
  const pending = fibers.filter((fiber) => fiber.pollUnsafe() === undefined).length
  yield* Fiber.interruptAll(fibers)
  return { arrivals, order, sentWhileBlocked, pending }
})

/** The most arrivals in any half-open window. */
const busiest = (arrivals: ReadonlyArray<number>, window: number): number =>
  Math.max(0, ...arrivals.map((from) => arrivals.filter((time) => time >= from && time < from + window).length))

describe("Quota", () => {
  it.effect.prop(
    "whatever happens: no more requests in any window as the service sees it, none while none remain, everybody served in order",
    [Scenario],
    ([scenario]) =>
      Effect.gen(function* () {
        const { arrivals, order, pending, sentWhileBlocked } = yield* play(scenario)
        assert.isAtMost(busiest(arrivals, scenario.window), scenario.limit)
        assert.strictEqual(sentWhileBlocked, 0)
        assert.strictEqual(pending, 0)
        assert.deepStrictEqual(
          order,
          [...order].sort((left, right) => left - right),
        )
        const willing = scenario.calls.flatMap(({ fate }, index) => (fate === "interrupted" ? [] : [index]))
        assert.includeMembers(order, willing)
      }).pipe(Effect.provide(Quota.layerMemory({ limit: scenario.limit, window: scenario.window }))),
    { arbitrary: { runs: 150 } },
  )

  /** A service of fixed windows, as ip-api.com: seconds are rounded up in its headers. */
  const service = () => {
    let window = { endsAt: -Infinity, used: 0 }
    return (time: number) => {
      if (time >= window.endsAt) window = { endsAt: time + minute, used: 0 }
      window.used++
      const resetsInMillis = Math.ceil((window.endsAt - time) / 1_000) * 1_000
      return { refused: window.used > 15, allowance: { remaining: Math.max(0, 15 - window.used), resetsInMillis } }
    }
  }

  it.effect("uses an empty window in a burst, and at least 95% of the quota in the long run", () =>
    Effect.gen(function* () {
      const quota = yield* Quota
      const answer = service()
      const starts: Array<number> = []
      let refusals = 0
      const start = yield* now
      const request = quota.withPermit(({ responded }) =>
        Effect.gen(function* () {
          starts.push((yield* now) - start)
          yield* Effect.sleep(50 + ((starts.length * 37) % 200))
          const { allowance, refused } = answer(yield* now)
          if (refused) refusals++
          yield* Effect.sleep(50 + ((starts.length * 53) % 200))
          yield* responded(allowance)
        }),
      )
      const worker = yield* Effect.forkChild(
        Effect.forEach(Array(15).keys(), () => Effect.forever(request), { concurrency: 15 }),
      )
      yield* TestClock.adjust("1 hour")
      yield* Fiber.interrupt(worker)
      assert.strictEqual(refusals, 0)
      assert.deepStrictEqual(starts.slice(0, 15), Array(15).fill(0))
      assert.isAtLeast(starts.length, 0.95 * 15 * 60)
    }).pipe(Effect.provide(Quota.layerMemory())),
  )

  it.effect("requests under way count against what the service says is left", () =>
    Effect.gen(function* () {
      const quota = yield* Quota
      const answered = yield* Deferred.make<void>()
      let sent = 0
      const send = quota.withPermit(({ responded }) =>
        Effect.suspend(() => {
          sent++
          return Effect.andThen(Deferred.await(answered), responded({ remaining: 1, resetsInMillis: 30_000 }))
        }),
      )
      yield* quota.withPermit(({ responded }) => responded({ remaining: 2, resetsInMillis: 30_000 }))
      const senders = yield* Effect.forkChild(Effect.all([send, send, send], { concurrency: 3 }))
      yield* TestClock.adjust(1_000)
      assert.strictEqual(sent, 2)
      yield* Deferred.succeed(answered, undefined)
      yield* TestClock.adjust(1_000)
      assert.strictEqual(sent, 3)
      yield* Fiber.join(senders)
    }).pipe(Effect.provide(Quota.layerMemory())),
  )

  it.effect("a request without an answer may have been counted by the service", () =>
    Effect.gen(function* () {
      const quota = yield* Quota
      yield* quota.withPermit(({ responded }) => responded({ remaining: 2, resetsInMillis: 30_000 }))
      yield* Effect.exit(quota.withPermit(() => Effect.fail("connection reset")))
      yield* quota.withPermit(({ responded }) => responded(undefined))
      const third = yield* Effect.forkChild(quota.withPermit(() => Effect.void))
      yield* TestClock.adjust(29_999)
      assert.isUndefined(third.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.isDefined(third.pollUnsafe())
    }).pipe(Effect.provide(Quota.layerMemory())),
  )

  it.effect("a permit whose request failed counts until the timeout and a minute", () =>
    Effect.gen(function* () {
      const quota = yield* Quota
      yield* Effect.exit(quota.withPermit(() => Effect.fail("connection reset")))
      const next = yield* Effect.forkChild(quota.withPermit(() => Effect.void))
      yield* TestClock.adjust(timeout + minute - 1)
      assert.isUndefined(next.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.isDefined(next.pollUnsafe())
    }).pipe(Effect.provide(Quota.layerMemory({ limit: 1 }))),
  )

  it.effect("a request that succeeds counts for a window from its end, or from its report where that is earlier", () =>
    Effect.gen(function* () {
      const quota = yield* Quota
      const nextIn = Effect.fnUntraced(function* (millis: number) {
        const next = yield* Effect.forkChild(quota.withPermit(({ notSent }) => notSent))
        yield* TestClock.adjust(millis - 1)
        assert.isUndefined(next.pollUnsafe())
        yield* TestClock.adjust(1)
        assert.isDefined(next.pollUnsafe())
      })
      const request = (report: (sending: Sending) => Effect.Effect<void>) =>
        quota.withPermit((sending) => Effect.andThen(report(sending), Effect.sleep(5_000)))
      const unreported = yield* Effect.forkChild(request(() => Effect.void))
      yield* TestClock.adjust(5_000)
      yield* Fiber.join(unreported)
      yield* nextIn(minute)
      const reported = yield* Effect.forkChild(request(({ responded }) => responded(undefined)))
      yield* TestClock.adjust(5_000)
      yield* Fiber.join(reported)
      yield* nextIn(minute - 5_000)
      assert.deepStrictEqual(yield* quota.requestCounts, { requests: 2, refusals: 0 })
    }).pipe(Effect.provide(Quota.layerMemory({ limit: 1 }))),
  )

  it.effect("the permit that counts no more first is free first, in whatever order the requests ended", () =>
    Effect.gen(function* () {
      const quota = yield* Quota
      yield* Effect.exit(quota.withPermit(() => Effect.fail("connection reset")))
      yield* quota.withPermit(() => Effect.void)
      const next = yield* Effect.forkChild(quota.withPermit(() => Effect.void))
      yield* TestClock.adjust(minute - 1)
      assert.isUndefined(next.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.isDefined(next.pollUnsafe())
      const last = yield* Effect.forkChild(quota.withPermit(() => Effect.void))
      yield* TestClock.adjust(timeout - 1)
      assert.isUndefined(last.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.isDefined(last.pollUnsafe())
    }).pipe(Effect.provide(Quota.layerMemory({ limit: 2 }))),
  )

  it.effect("a quota of its own counts alone, and fails with nothing but what its requests fail with", () =>
    Effect.gen(function* () {
      const [quota, other] = [yield* Quota.make({ limit: 1, window: "1 second" }), yield* Quota.make({ limit: 1 })]
      assert.deepStrictEqual([quota.requestsPerMinute, other.requestsPerMinute], [60, 1])
      assert.isUndefined((yield* Quota.make({ limit: Infinity })).requestsPerMinute)
      const send: Effect.Effect<void, "too bad"> = quota.withPermit(() => Effect.void)
      yield* send
      yield* other.withPermit(() => Effect.void)
      const next = yield* Effect.forkChild(send)
      yield* TestClock.adjust(999)
      assert.isUndefined(next.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.isDefined(next.pollUnsafe())
      assert.deepStrictEqual(yield* quota.requestCounts, { requests: 2, refusals: 0 })
    }),
  )

  // With a pass over all of them for each request it would take minutes, and fail where a call has too many arguments.
  it.effect("counts very many requests", () =>
    Effect.gen(function* () {
      const limit = 150_000
      const quota = yield* Quota.make({ limit, window: "1 day" })
      const send = quota.withPermit(() => Effect.void)
      yield* Effect.forEach(Array(limit).keys(), () => send, { discard: true })
      const next = yield* Effect.forkChild(send, { startImmediately: true })
      assert.strictEqual(yield* quota.untilNextRequest, 86_400_000)
      yield* Fiber.interrupt(next)
    }),
  )

  it.effect.each([
    [{ limit: 0 }, "limit", "limit is 0, but must be a whole number of at least 1, or Infinity."],
    [{ limit: NaN }, "limit", "limit is NaN"],
    [{ limit: -1 }, "limit", "limit is -1"],
    [{ limit: 1.5 }, "limit", "limit is 1.5"],
    [{ window: 0 }, "window", "window is 0, but must be a time above 0."],
    [{ window: -1 }, "window", "window is "],
    [{ window: NaN }, "window", "window is 0"],
    [{ window: "Infinity" }, "window", "window is Infinity"],
    [{ window: "soon" as "1 day" }, "window", 'window is "soon"'],
    [{ requestTimeout: "0 seconds" }, "requestTimeout", "requestTimeout is 0"],
  ] as ReadonlyArray<readonly [QuotaOptions, string, string]>)("refuses %o", ([options, setting, message]) =>
    Effect.gen(function* () {
      const errors = [
        yield* Effect.flip(Quota.make(options)),
        yield* Effect.flip(Layer.build(Quota.layerMemory(options))),
        yield* Effect.flip(Layer.build(Quota.layerShared({ ...options, provider: "p" }))),
      ]
      for (const error of errors) {
        assert.instanceOf(error, GeoLocatorConfigError)
        assert.strictEqual(error.setting, setting)
        assert.include(error.message, message)
      }
    }).pipe(
      Effect.provideService(
        Permits,
        Permits.of({ acquire: () => Effect.never, answered: () => Effect.void, giveBack: () => Effect.void }),
      ),
    ),
  )

  it.effect("a request that found no connection costs nothing", () =>
    Effect.gen(function* () {
      const quota = yield* Quota
      yield* Effect.forEach(Array(100).keys(), () => quota.withPermit(({ notSent }) => notSent))
      yield* quota.withPermit(({ notSent, responded }) => Effect.andThen(responded(undefined), notSent))
      const next = yield* Effect.forkChild(quota.withPermit(() => Effect.void))
      yield* TestClock.adjust(minute - 1)
      assert.isUndefined(next.pollUnsafe())
    }).pipe(Effect.provide(Quota.layerMemory({ limit: 1 }))),
  )

  it.effect("a permit that is given back goes to the next request at once", () =>
    Effect.gen(function* () {
      const quota = yield* Quota
      const refused = yield* Deferred.make<void>()
      const holder = yield* Effect.forkChild(
        quota.withPermit(({ notSent }) => Effect.andThen(Deferred.await(refused), notSent)),
        { startImmediately: true },
      )
      const next = yield* Effect.forkChild(quota.withPermit(() => Effect.void))
      yield* TestClock.adjust(300)
      yield* Deferred.succeed(refused, undefined)
      yield* Fiber.join(holder)
      yield* TestClock.adjust(0)
      assert.isDefined(next.pollUnsafe())
    }).pipe(Effect.provide(Quota.layerMemory({ limit: 1 }))),
  )

  it.effect("warns once of a long wait, however often it looks whether that is over", () =>
    Effect.gen(function* () {
      const warnings: Array<unknown> = []
      const logger = Logger.make(({ message }) => void warnings.push(message))
      yield* Effect.gen(function* () {
        const quota = yield* Quota
        yield* quota.withPermit(({ responded }) => responded({ remaining: 0, resetsInMillis: 3_600_000 }))
        yield* Effect.forkChild(quota.withPermit(() => Effect.void))
        yield* TestClock.adjust("30 minutes")
        assert.strictEqual(yield* quota.untilNextRequest, 1_800_000)
      }).pipe(Effect.provide([Quota.layerMemory(), Logger.layer([logger])]))
      assert.deepStrictEqual(warnings, [["The service allows no request for another 1 h 0 min."]])
    }),
  )

  it.effect("while all permits are under way, waits as long as they may count, and warns of nothing", () =>
    Effect.gen(function* () {
      const warnings: Array<unknown> = []
      const logger = Logger.make(({ message }) => void warnings.push(message))
      yield* Effect.gen(function* () {
        const quota = yield* Quota
        yield* Effect.forkChild(
          quota.withPermit(() => Effect.sleep(5_000)),
          { startImmediately: true },
        )
        yield* Effect.forkChild(quota.withPermit(() => Effect.void))
        yield* TestClock.adjust(1_000)
        assert.strictEqual(yield* quota.untilNextRequest, timeout + minute - 1_000)
      }).pipe(Effect.provide([Quota.layerMemory({ limit: 1 }), Logger.layer([logger])]))
      assert.deepStrictEqual(warnings, [])
    }),
  )

  it.effect("a waiter that is interrupted takes no permit and leaves the queue", () =>
    Effect.gen(function* () {
      const quota = yield* Quota
      const held = yield* Deferred.make<void>()
      const holder = yield* Effect.forkChild(
        quota.withPermit(({ responded }) => Effect.andThen(Deferred.await(held), responded(undefined))),
        { startImmediately: true },
      )
      const impatient = yield* Effect.forkChild(
        quota.withPermit(() => Effect.die("sent")),
        { startImmediately: true },
      )
      const patient = yield* Effect.forkChild(
        quota.withPermit(() => Effect.void),
        { startImmediately: true },
      )
      yield* Fiber.interrupt(impatient)
      yield* TestClock.adjust(1)
      yield* Deferred.succeed(held, undefined)
      yield* Fiber.join(holder)
      yield* TestClock.adjust(minute)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(impatient)))
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(patient)))
    }).pipe(Effect.provide(Quota.layerMemory({ limit: 1 }))),
  )
})
