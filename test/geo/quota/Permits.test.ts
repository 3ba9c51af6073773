import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Duration, Effect, Exit, Fiber, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { DatabaseError } from "../../../src/domain/DatabaseError.ts"
import { Permits } from "../../../src/geo/quota/Permits.ts"
import { Quota, type QuotaOptions } from "../../../src/geo/quota/Quota.ts"
import { monotonicMillis } from "../../../src/observability/monotonic.ts"
import { mix } from "../../fixtures/Random.ts"

const minute = 60_000
const timeout = 10_000

const now = Clock.currentTimeMillis

/**
 * What becomes of one request. `lost`: it reached the service, its response never reached us. `unreported`: it was
 * answered, which nobody tells the quota.
 */
const Call = Schema.Struct({
  process: Schema.Literals([0, 1, 2]),
  pause: Schema.Literals([0, 0, 0, 0, 0, 40, 1_000, 15_000]),
  uplink: Schema.Literals([0, 5, 300, 4_000]),
  downlink: Schema.Literals([0, 5, 300, 4_000]),
  fate: Schema.Literals(["answered", "answered", "unreported", "exhausted", "cut", "refused", "lost", "interrupted"]),
  patience: Schema.Literals([0, 10, 5_000, 70_000]),
})

/** How the database behaves at one statement: milliseconds on the way there and back. */
const Statement = Schema.Struct({
  there: Schema.Literals([0, 0, 20, 3_000]),
  back: Schema.Literals([0, 0, 20, 3_000, 8_000, 20_000]),
  fails: Schema.Literals([false, false, false, false, true]),
})

const Scenario = Schema.Struct({
  calls: Schema.Array(Call).check(Schema.isMinLength(30), Schema.isMaxLength(90)),
  statements: Schema.Array(Statement).check(Schema.isMaxLength(12)),
  limit: Schema.Literals([2, 15, 15]),
  window: Schema.Literals([1_000, minute, minute, 5 * minute]),
  /** The call at which the first process is killed. */
  killedAt: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 120 })),
})

const failure = new DatabaseError({ operation: "query", message: "as it is told to", retryable: false })

interface Row {
  readonly id: number
  readonly grantedAt: number
  readonly lasts: number
  answeredAt: number | undefined
}

/** The promise of `Permits` about own limits, over a slow line. What the service tells is not kept here. */
const makeStore = (behaviour: ReadonlyArray<typeof Statement.Type>) => {
  let rows: ReadonlyArray<Row> = []
  let statements = 0
  const statement = <A>(f: (time: number) => A) =>
    Effect.gen(function* () {
      const { back, fails, there } = behaviour[mix(statements++, 7) % behaviour.length]!
      yield* Effect.sleep(there)
      const result = f(yield* monotonicMillis)
      yield* Effect.sleep(back)
      return fails ? yield* failure : result
    })
  const permits: Permits["Service"] = {
    acquire: (_provider, { lasts, limit, window }) =>
      statement((time) => {
        const ends = rows
          .map((row) => (row.answeredAt ?? row.grantedAt + row.lasts) + Duration.toMillis(window))
          .filter((end) => end > time)
        if (ends.length >= limit) return { _tag: "Wait", millis: Math.min(...ends) - time } as const
        const row = { id: rows.length, grantedAt: time, lasts: Duration.toMillis(lasts), answeredAt: undefined }
        rows = [...rows, row]
        return { _tag: "Granted", id: row.id, since: time } as const
      }),
    answered: (id) => statement((time) => void (rows[id]!.answeredAt ??= time)),
    giveBack: (id) => statement(() => void (rows[id]!.answeredAt ??= -Infinity)),
  }
  return permits
}

const makeQuota = (permits: Permits["Service"], options: QuotaOptions = {}) => {
  const layer = Quota.layerShared({ ...options, provider: "p" }).pipe(Layer.provide(Layer.succeed(Permits, permits)))
  return Effect.map(Layer.build(layer), (context) => Context.get(context, Quota))
}

/** The most arrivals in any half-open window. */
const busiest = (arrivals: ReadonlyArray<number>, window: number): number =>
  Math.max(0, ...arrivals.map((from) => arrivals.filter((time) => time >= from && time < from + window).length))

/** Runs the calls of three processes against a service that keeps a log of what it saw. */
const play = Effect.fnUntraced(function* ({ calls, killedAt, limit, statements, window }: typeof Scenario.Type) {
  // Some statement is quick, or nobody would ever get a permit.
  const store = makeStore([...statements, { there: 0, back: 0, fails: false }])
  let isKilled = false
  const mortal: Permits["Service"] = {
    acquire: (...args) => Effect.suspend(() => (isKilled ? Effect.never : store.acquire(...args))),
    answered: (...args) => Effect.suspend(() => (isKilled ? Effect.never : store.answered(...args))),
    giveBack: (...args) => Effect.suspend(() => (isKilled ? Effect.never : store.giveBack(...args))),
  }
  const options = { limit, window }
  const quotas = [yield* makeQuota(mortal, options), yield* makeQuota(store, options), yield* makeQuota(store, options)]
  const arrivals: Array<number> = []
  const blockedUntil = [0, 0, 0]
  let sentWhileBlocked = 0

  const send = (call: typeof Call.Type) =>
    quotas[call.process]!.withPermit(({ notSent, responded }) =>
      Effect.gen(function* () {
        if ((yield* now) < blockedUntil[call.process]!) sentWhileBlocked++
        if (call.fate === "cut") return yield* Effect.fail("connection reset")
        if (call.fate === "refused") return yield* Effect.andThen(notSent, Effect.fail("connection refused"))
        // What was sent arrives, whatever becomes of the sender.
        const arrival = Effect.map(now, (time) => void arrivals.push(time))
        yield* Effect.forkDetach(Effect.andThen(Effect.sleep(call.uplink), arrival))
        yield* Effect.sleep(call.uplink + (call.fate === "lost" ? timeout : call.downlink))
        if (call.fate === "unreported") return
        if (call.fate !== "exhausted") return yield* responded(undefined)
        yield* responded({ remaining: 0, resetsInMillis: 20_000 })
        blockedUntil[call.process] = (yield* now) + 20_000
      }).pipe(Effect.timeout(timeout)),
    )

  const fibers: Array<Fiber.Fiber<void, unknown>> = []
  for (const [index, call] of calls.entries()) {
    if (call.pause > 0) yield* TestClock.adjust(call.pause)
    if (index === killedAt) {
      isKilled = true
      for (const [other, fiber] of fibers.entries()) {
        if (calls[other]!.process === 0) yield* Effect.forkChild(Fiber.interrupt(fiber), { startImmediately: true })
      }
    }
    const fiber = yield* Effect.forkChild(call.process === 0 && isKilled ? Effect.void : send(call), {
      startImmediately: true,
    })
    fibers.push(fiber)
    if (call.fate === "interrupted") {
      yield* Effect.forkChild(Effect.andThen(Effect.sleep(call.patience), Fiber.interrupt(fiber)))
    }
  }
  yield* TestClock.adjust("9 hours")
  const pending = fibers.filter((fiber) => fiber.pollUnsafe() === undefined).length
  yield* Fiber.interruptAll(fibers)
  return { arrivals, sentWhileBlocked, pending }
})

describe("Quota, shared", () => {
  it.effect.prop(
    "three processes, a slow database, a kill: no more requests in any window as the service sees it, everybody is served",
    [Scenario],
    ([scenario]) =>
      Effect.gen(function* () {
        const { arrivals, pending, sentWhileBlocked } = yield* play(scenario)
        assert.isAtMost(busiest(arrivals, scenario.window), scenario.limit)
        assert.strictEqual(sentWhileBlocked, 0)
        assert.strictEqual(pending, 0)
      }).pipe(Effect.scoped),
    { arbitrary: { runs: 150 } },
  )

  const quick = [{ there: 0, back: 0, fails: false }] as const

  it.effect("counts the requests that may have reached the service, and those refused", () =>
    Effect.gen(function* () {
      const quota = yield* makeQuota(makeStore(quick))
      yield* quota.withPermit(({ responded }) => Effect.andThen(responded(undefined), responded(undefined)))
      yield* quota.withPermit(({ refused, responded }) => Effect.andThen(responded(undefined), refused))
      yield* quota.withPermit(({ notSent }) => notSent)
      yield* Effect.exit(quota.withPermit(() => Effect.fail("connection reset")))
      assert.deepStrictEqual(yield* quota.requestCounts, { requests: 3, refusals: 1 })
    }).pipe(Effect.scoped),
  )

  it.effect("a database that fails, asked or told, fails the request with its own error", () =>
    Effect.gen(function* () {
      let sent = 0
      const request = ({ responded }: { readonly responded: (allowance: undefined) => Effect.Effect<void> }) =>
        Effect.andThen(
          Effect.sync(() => sent++),
          responded(undefined),
        )
      const asked = yield* makeQuota(makeStore([{ there: 0, back: 0, fails: true }]))
      assert.deepStrictEqual(yield* Effect.exit(asked.withPermit(request)), Exit.fail(failure))
      assert.strictEqual(sent, 0)
      const told = yield* makeQuota(makeStore([...quick, { there: 0, back: 0, fails: true }]))
      assert.deepStrictEqual(yield* Effect.exit(told.withPermit(request)), Exit.fail(failure))
      assert.strictEqual(sent, 1)
    }).pipe(Effect.scoped),
  )

  it.effect(
    "a minute lies between two requests, although the database and the network are as slow as they may be",
    () =>
      Effect.gen(function* () {
        const store = makeStore(quick)
        const slow: Permits["Service"] = {
          ...store,
          acquire: (...args) => Effect.tap(store.acquire(...args), () => Effect.sleep(5_000)),
        }
        const arrivals: Array<number> = []
        for (const [permits, uplink] of [
          [slow, timeout - 1],
          [store, 0],
        ] as const) {
          const quota = yield* makeQuota(permits, { limit: 1 })
          const lost = quota.withPermit(() =>
            Effect.sleep(uplink).pipe(
              Effect.andThen(now),
              Effect.map((time) => arrivals.push(time)),
            ),
          )
          yield* Effect.forkChild(lost, { startImmediately: true })
        }
        yield* TestClock.adjust("10 minutes")
        assert.strictEqual(arrivals.length, 2)
        assert.isAtLeast(arrivals[1]! - arrivals[0]!, minute)
      }).pipe(Effect.scoped),
  )

  it.effect("a permit that was too long on its way is given back and asked for again", () =>
    Effect.gen(function* () {
      const store = makeStore(quick)
      const delays = [5_001, 6_000, 0]
      const given: Array<number> = []
      const quota = yield* makeQuota({
        acquire: (...args) => Effect.tap(store.acquire(...args), () => Effect.sleep(delays.shift() ?? 0)),
        answered: store.answered,
        giveBack: (id) => Effect.tap(store.giveBack(id), () => Effect.sync(() => given.push(id))),
      })
      let sentAt: number | undefined
      const request = Effect.map(now, (time) => (sentAt = time))
      yield* Effect.forkChild(
        quota.withPermit(() => request),
        { startImmediately: true },
      )
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(sentAt, 11_001)
      assert.deepStrictEqual(given, [0, 1])
    }).pipe(Effect.scoped),
  )

  it.effect("a request that found no connection costs the others nothing", () =>
    Effect.gen(function* () {
      const store = makeStore(quick)
      const quotas = [yield* makeQuota(store), yield* makeQuota(store)]
      const sent = yield* Effect.forkChild(
        Effect.forEach(Array(100).keys(), (index) => quotas[index % 2]!.withPermit(({ notSent }) => notSent)),
        { startImmediately: true },
      )
      for (let passed = 0; passed < 1_000 && sent.pollUnsafe() === undefined; passed++) yield* TestClock.adjust(1)
      assert.isDefined(sent.pollUnsafe())
    }).pipe(Effect.scoped),
  )

  it.effect(
    "a request is over in time although the database is slow to be told, and an interruption waits 5 s for it",
    () =>
      Effect.gen(function* () {
        const store = { ...makeStore(quick), answered: () => Effect.never }
        const quota = yield* makeQuota(store)
        let isOver = false
        const fiber = yield* Effect.forkChild(
          Effect.asVoid(quota.withPermit(({ responded }) => Effect.map(responded(undefined), () => (isOver = true)))),
          { startImmediately: true },
        )
        yield* TestClock.adjust("1 minute")
        assert.isTrue(isOver)
        assert.isUndefined(fiber.pollUnsafe())
        yield* Effect.forkChild(Fiber.interrupt(fiber), { startImmediately: true })
        yield* TestClock.adjust("4 seconds")
        assert.isUndefined(fiber.pollUnsafe())
        yield* TestClock.adjust("1 second")
        assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
      }).pipe(Effect.scoped),
  )

  it.effect("without a limit of its own a burst has no end but what the service says", () =>
    Effect.gen(function* () {
      const quota = yield* makeQuota(makeStore(quick), { limit: Infinity })
      yield* Effect.forEach(Array(100).keys(), () => quota.withPermit(({ responded }) => responded(undefined)))
      yield* quota.withPermit(({ responded }) => responded({ remaining: 0, resetsInMillis: 30_000 }))
      const next = yield* Effect.forkChild(quota.withPermit(() => Effect.void))
      yield* TestClock.adjust(29_999)
      assert.isUndefined(next.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.isDefined(next.pollUnsafe())
    }).pipe(Effect.scoped),
  )
})
