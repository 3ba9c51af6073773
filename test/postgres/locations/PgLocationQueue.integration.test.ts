import { PgClient } from "@effect/sql-pg"
import { assert, layer } from "@effect/vitest"
import { Context, Duration, Effect, Exit, Fiber, Layer, Scope } from "effect"
import { Answer } from "../../../src/domain/Location.ts"
import { noPlaces } from "../../../src/domain/rows/RowPlaces.ts"
import { GeoLocator } from "../../../src/geo/GeoLocator.ts"
import { LocationQueue } from "../../../src/repo/LocationQueue.ts"
import * as Repositories from "../../../src/postgres/Repositories.ts"
import { place } from "../../../src/testing.ts"
import { makeShares, makeUser } from "../../utils/records.ts"
import { clear, embedded, native, newLoad, repos, commit, commitAnswers, settleAnswers } from "../../utils/repos.ts"
import * as AddressTally from "../../../src/pipeline/AddressTally.ts"
import { placeUnplaced } from "../../../src/pipeline/placeUnplaced.ts"
import { ip } from "../../utils/addresses.ts"

/** The cities of users, by the first letter of their e-mail. */
const cities = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const rows = yield* sql<{ email: string; city: string | null }>`select email, city from users order by email`
  return Object.fromEntries(rows.map(({ email, city }) => [email[0], city]))
})

const inCity = (city: string) => Answer.located(place({ city }))

/** Loads users a, b, c, ... with these addresses; a service will be asked for all of them, if `isQueued`. */
const load = Effect.fnUntraced(function* (
  addresses: ReadonlyArray<string | null>,
  options: { readonly isQueued?: boolean; readonly maxAge?: Duration.Duration; readonly day?: string } = {},
) {
  const users = addresses.map((ip_address, index) =>
    makeUser({ email: `${"abcdef"[index]}@example.com`, ip_address, updated_at: options.day ?? null }),
  )
  const queue =
    options.isQueued === false
      ? []
      : [...new Set(addresses.flatMap((address) => (address === null ? [] : ip(address))))]
  const locations = { places: noPlaces, queue, maxAge: options.maxAge }
  return yield* commit(yield* newLoad, makeShares(users, 10)[0]!, locations)
})

const age = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  yield* sql`update ip_locations set located_at = located_at - interval '10 days'`
})

/** Answers everything that waits, as a process of its own. */
const answerAll = Effect.fnUntraced(function* (answer: (address: string) => Answer) {
  const claims = yield* (yield* LocationQueue).claims
  const addresses = yield* claims.take(100, 1)
  yield* commitAnswers(claims, new Map(addresses.map((address) => [address, answer(address)])))
  return [...addresses].sort()
}, Effect.scoped)

for (const [name, database] of [
  ["PostgreSQL", native],
  ["PGlite", embedded],
] as const) {
  layer(repos<unknown>(database), { timeout: "60 seconds" })(`LocationQueue on ${name}`, (it) => {
    it.effect("addresses are claimed once, answered, remembered, and their places go with them", () =>
      Effect.gen(function* () {
        yield* clear
        const queue = yield* LocationQueue
        yield* load(["9.9.9.9", "1.1.1.1", null])
        const claims = yield* queue.claims
        assert.deepStrictEqual(yield* claims.take(100, 3), [])
        assert.strictEqual((yield* claims.take(1, 1)).length, 1)
        assert.isTrue(yield* claims.othersWait(undefined))
        assert.strictEqual((yield* claims.take(100, 1)).length, 1)
        assert.deepStrictEqual(yield* claims.take(100, 1), [])
        assert.isFalse(yield* claims.othersWait(undefined))
        assert.strictEqual(yield* queue.waiting, 2)
        yield* commitAnswers(
          claims,
          new Map([
            ["9.9.9.9", inCity("x".repeat(70))],
            ["1.1.1.1", Answer.unlocatable("nowhere")],
          ]),
        )
        assert.strictEqual(yield* queue.waiting, 0)
        assert.deepStrictEqual(yield* cities, { a: "x".repeat(64), b: null, c: null })

        // Known now, used in the upsert and not asked for again. The old place goes with the old address.
        const { remembered } = yield* load(["1.1.1.1", "9.9.9.9", null, "9.9.9.9"], { day: "2021-01-01" })
        assert.deepStrictEqual(remembered, { located: 1, unlocatable: { nowhere: 1 } })
        assert.strictEqual(yield* queue.waiting, 0)
        assert.deepStrictEqual(yield* cities, { a: null, b: "x".repeat(64), c: null, d: "x".repeat(64) })
      }).pipe(Effect.scoped),
    )

    it.effect("a place that a constraint of ip_locations refuses is left out, and the others are written", () =>
      Effect.gen(function* () {
        yield* clear
        const sql = yield* PgClient.PgClient
        const queue = yield* LocationQueue
        yield* load(["9.9.9.9", "1.1.1.1"])
        yield* sql`alter table ip_locations add constraint no_paris check (city <> 'Paris')`
        yield* answerAll((address) => inCity(address === "1.1.1.1" ? "Paris" : "Here")).pipe(
          Effect.ensuring(Effect.orDie(sql`alter table ip_locations drop constraint no_paris`)),
        )
        assert.strictEqual(yield* queue.waiting, 0)
        assert.deepStrictEqual(yield* cities, { a: "Here", b: null })
        assert.deepStrictEqual(yield* sql`select status, reason from ip_locations where address = '1.1.1.1'`, [
          { status: "unlocatable", reason: "the database refuses its place" },
        ])
      }),
    )

    it.effect("an answer that a trigger of ip_locations keeps out waits, and is not asked for again", () =>
      Effect.gen(function* () {
        yield* clear
        const sql = yield* PgClient.PgClient
        const queue = yield* LocationQueue
        yield* load(["9.9.9.9", "1.1.1.1"])
        yield* sql`create or replace function skip() returns trigger language plpgsql as $$ begin return null; end $$`
        const claims = yield* queue.claims
        assert.strictEqual((yield* claims.take(100, 1)).length, 2)
        yield* sql`
          create trigger skip before update on ip_locations for each row when (new.city = 'Paris') execute function skip()`
        const answers = new Map([
          ["9.9.9.9", inCity("Here")],
          ["1.1.1.1", inCity("Paris")],
        ])
        yield* commitAnswers(claims, answers).pipe(
          Effect.ensuring(Effect.orDie(sql`drop trigger skip on ip_locations`)),
        )
        assert.deepStrictEqual(yield* claims.take(100, 1), [])
        assert.strictEqual(yield* queue.waiting, 1)
      }).pipe(Effect.scoped),
    )

    it.effect("what is not answered waits for others when the scope closes", () =>
      Effect.gen(function* () {
        yield* clear
        const queue = yield* LocationQueue
        yield* load(["9.9.9.9", "1.1.1.1"])
        const scope = yield* Scope.make()
        const claims = yield* Scope.provide(queue.claims, scope)
        assert.strictEqual((yield* claims.take(100, 1)).length, 2)
        yield* commitAnswers(claims, new Map([["9.9.9.9", Answer.notNow]]))
        assert.deepStrictEqual(yield* claims.take(100, 1), [])
        yield* Scope.close(scope, Exit.void)
        assert.deepStrictEqual(yield* answerAll(() => inCity("There")), ["1.1.1.1", "9.9.9.9"])
      }),
    )

    // The embedded database has one process.
    if (database === native) {
      it.effect("two that have asked in vain do not wait for each other", () =>
        Effect.gen(function* () {
          yield* clear
          const queue = yield* LocationQueue
          yield* load(["9.9.9.9", "1.1.1.1"])
          const [one, other] = [yield* queue.claims, yield* queue.claims]
          for (const claims of [one, other]) assert.lengthOf(yield* claims.take(1, 1), 1)
          yield* commitAnswers(one, new Map([["1.1.1.1", Answer.notNow]]))
          assert.isTrue(yield* one.othersWait(undefined))
          yield* commitAnswers(other, new Map([["9.9.9.9", Answer.notNow]]))
          // Each may ask once for what the other has asked for.
          assert.deepStrictEqual(yield* one.take(100, 1), ["9.9.9.9"])
          assert.deepStrictEqual(yield* other.take(100, 1), ["1.1.1.1"])
          yield* commitAnswers(one, new Map([["9.9.9.9", Answer.notNow]]))
          yield* commitAnswers(other, new Map([["1.1.1.1", Answer.notNow]]))
          for (const claims of [one, other]) {
            assert.deepStrictEqual(yield* claims.take(100, 1), [])
            assert.isFalse(yield* claims.othersWait(undefined))
          }
          assert.strictEqual(yield* queue.waiting, 2)
        }).pipe(Effect.scoped),
      )
    }

    it.effect("what was claimed by a statement whose answer was lost is claimed again", () =>
      Effect.gen(function* () {
        yield* clear
        const sql = yield* PgClient.PgClient
        yield* load(["9.9.9.9", "1.1.1.1"])
        const claims = yield* (yield* LocationQueue).claims
        assert.deepStrictEqual(yield* claims.take(1, 1), ["1.1.1.1"])
        yield* sql`
          update ip_locations i set claimed_by = c.claimed_by, claimed_until = c.claimed_until
          from ip_locations c where c.address = '1.1.1.1' and i.address = '9.9.9.9'`
        assert.deepStrictEqual(yield* claims.take(100, 1), ["9.9.9.9"])
        assert.deepStrictEqual(yield* claims.take(100, 1), [])
      }).pipe(Effect.scoped),
    )

    it.effect("answers that cost nothing are not remembered, and fill the users all the same", () =>
      Effect.gen(function* () {
        yield* clear
        const sql = yield* PgClient.PgClient
        const queue = yield* LocationQueue
        yield* load(["9.9.9.9", "10.0.0.1"])
        const claims = yield* queue.claims
        yield* claims.take(100, 1)
        const answers = new Map([
          ["9.9.9.9", inCity("Here")],
          ["10.0.0.1", Answer.unlocatable("private")],
        ])
        yield* settleAnswers(claims, answers)
        assert.deepStrictEqual(yield* cities, { a: "Here", b: null })
        assert.deepStrictEqual(yield* sql`select from ip_locations`, [])
      }).pipe(Effect.scoped),
    )

    it.effect("queues users that were loaded without a locator; those whose place is known get it", () =>
      Effect.gen(function* () {
        yield* clear
        const queue = yield* LocationQueue
        yield* load(["9.9.9.9"])
        yield* answerAll(() => inCity("There"))
        yield* load(["1.1.1.1", "9.9.9.9", null, "8.8.8.8", "1.1.1.1"], { isQueued: false, day: "2021-01-01" })
        assert.deepStrictEqual(yield* cities, { a: null, b: null, c: null, d: null, e: null })
        yield* placeUnplaced(yield* AddressTally.make, undefined).pipe(Effect.provide(GeoLocator.none))
        assert.deepStrictEqual(yield* cities, { a: null, b: "There", c: null, d: null, e: null })
        assert.deepStrictEqual(yield* answerAll((address) => inCity(address)), ["1.1.1.1", "8.8.8.8"])
        yield* placeUnplaced(yield* AddressTally.make, undefined).pipe(Effect.provide(GeoLocator.none))
        assert.strictEqual(yield* queue.waiting, 0)
        assert.deepStrictEqual(yield* cities, { a: "1.1.1.1", b: "There", c: null, d: "8.8.8.8", e: "1.1.1.1" })
      }),
    )

    it.effect("what a local database knows is placed at once, and queued nowhere", () =>
      Effect.gen(function* () {
        yield* clear
        const sql = yield* PgClient.PgClient
        yield* load(["1.1.1.1", "9.9.9.9", null, "8.8.8.8", "1.1.1.1", "10.0.0.1"], { isQueued: false })
        const tally = yield* AddressTally.make
        const knowsOne = GeoLocator.layerInstant(
          "local",
          (addresses) =>
            new Map(
              addresses.flatMap((address) => (address === "1.1.1.1" ? [[address, inCity("Here")] as const] : [])),
            ),
        )
        yield* placeUnplaced(tally, undefined).pipe(Effect.provide(knowsOne))
        assert.deepStrictEqual(yield* cities, { a: "Here", b: null, c: null, d: null, e: "Here", f: null })
        assert.deepInclude(yield* tally.counts, { located: 1 })
        const queued = yield* sql<{ address: string }>`select address from ip_locations order by address`
        assert.deepStrictEqual(
          queued.map(({ address }) => address),
          ["10.0.0.1", "8.8.8.8", "9.9.9.9"],
        )
      }),
    )

    it.effect(
      "a pending address that a local database knows leaves the queue; when the time is up, none is placed",
      () =>
        Effect.gen(function* () {
          yield* clear
          const sql = yield* PgClient.PgClient
          const queue = yield* LocationQueue
          yield* load(["1.1.1.1", "9.9.9.9"])
          const local = GeoLocator.layerInstant("local", () => new Map([[ip("1.1.1.1"), inCity("Here")]]))
          const tally = yield* AddressTally.make
          const left = yield* placeUnplaced(tally, Duration.zero).pipe(Effect.provide(local))
          assert.deepStrictEqual(left, Duration.zero)
          assert.deepStrictEqual(yield* cities, { a: null, b: null })
          yield* sql`update users set id = -5 where email = 'a@example.com'`
          yield* placeUnplaced(tally, undefined).pipe(Effect.provide(local))
          assert.deepStrictEqual(yield* cities, { a: "Here", b: null })
          assert.strictEqual(yield* queue.waiting, 1)
          assert.deepInclude(yield* tally.counts, { located: 1, local: 1 })
        }),
    )

    it.effect("old answers are asked for again; users keep the place until another is told", () =>
      Effect.gen(function* () {
        yield* clear
        const queue = yield* LocationQueue
        yield* load(["9.9.9.9", "8.8.8.8"])
        yield* answerAll(() => inCity("Old"))
        yield* age
        yield* load(["9.9.9.9"], { maxAge: Duration.days(11), day: "2021-01-01" })
        assert.strictEqual(yield* queue.waiting, 0)
        const { remembered } = yield* load(["9.9.9.9", null, "9.9.9.9"], {
          maxAge: Duration.days(9),
          day: "2022-01-01",
        })
        assert.deepStrictEqual(remembered, { located: 0, unlocatable: {} })
        assert.deepStrictEqual(yield* cities, { a: "Old", b: null, c: "Old" })
        assert.deepStrictEqual(yield* answerAll(() => inCity("New")), ["9.9.9.9"])
        assert.deepStrictEqual(yield* cities, { a: "New", b: null, c: "New" })
        yield* queue.queueOlderThan(Duration.days(9))
        assert.deepStrictEqual(yield* answerAll(() => Answer.unlocatable("unknown")), ["8.8.8.8"])
        yield* age
        yield* queue.queueOlderThan(Duration.days(9))
        yield* answerAll(() => Answer.unlocatable("unknown"))
        assert.deepStrictEqual(yield* cities, { a: null, b: null, c: null })
      }),
    )

    it.effect("what a service told before holds where a local database does not know the address", () =>
      Effect.gen(function* () {
        yield* clear
        const sql = yield* PgClient.PgClient
        const queue = yield* LocationQueue
        yield* load(["9.9.9.9", "8.8.8.8", "1.1.1.1"])
        yield* answerAll((address) => (address === "1.1.1.1" ? Answer.unlocatable("nowhere") : inCity("Told")))
        yield* age
        yield* queue.queueOlderThan(Duration.days(9))
        const claims = yield* queue.claims
        assert.strictEqual((yield* claims.take(100, 1)).length, 3)
        yield* settleAnswers(
          claims,
          new Map([
            ["9.9.9.9", Answer.unlocatable("unknown")],
            ["8.8.8.8", inCity("Local")],
            ["1.1.1.1", Answer.unlocatable("unknown")],
          ]),
        )
        assert.deepStrictEqual(yield* cities, { a: "Told", b: "Local", c: null })
        assert.strictEqual(yield* queue.waiting, 0)
        assert.deepStrictEqual(yield* sql`select address, status, claimed_by from ip_locations order by address`, [
          { address: "1.1.1.1", status: "unlocatable", claimed_by: null },
          { address: "9.9.9.9", status: "located", claimed_by: null },
        ])
        // They are as old as before.
        yield* queue.queueOlderThan(Duration.days(9))
        assert.strictEqual(yield* queue.waiting, 2)
      }).pipe(Effect.scoped),
    )

    it.effect("a place that a constraint refuses costs no other user its own", () =>
      Effect.gen(function* () {
        yield* clear
        const sql = yield* PgClient.PgClient
        yield* sql`alter table users add constraint no_paris check (city <> 'Paris')`
        yield* load(["8.8.8.8", "9.9.9.9", "1.1.1.1"])
        const towns = new Map([
          ["8.8.8.8", "London"],
          ["9.9.9.9", "Paris"],
        ])
        yield* answerAll((address) => inCity(towns.get(address) ?? "Rome"))
        yield* sql`alter table users drop constraint no_paris`
        assert.deepStrictEqual(yield* cities, { a: "London", b: null, c: "Rome" })
        // What the service said is known, and it is not asked again.
        assert.strictEqual(yield* (yield* LocationQueue).waiting, 0)
        assert.deepStrictEqual(yield* sql`select city from ip_locations where address = '9.9.9.9'`, [{ city: "Paris" }])
      }),
    )
  })
}

layer(repos(native), { timeout: "60 seconds" })("LocationQueue between processes", (it) => {
  /** A user that a transaction of somebody else holds, so that a chunk stops before it writes it; and what lets it go on. */
  const hold = Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    const connection = yield* sql.reserve
    yield* connection.executeRaw("begin", [])
    yield* connection.execute("select from users where email = 'a@example.com' for update", [], undefined)
    return connection.executeRaw("rollback", [])
  })
  const waitsForLock = Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    const waiting = sql<{ count: number }>`
      select count(*)::int as count from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`
    return (number: number) => Effect.repeat(waiting, { until: ([row]) => row!.count >= number })
  })

  it.effect("a chunk and an answer for its address do not cross: the user has the place", () =>
    Effect.gen(function* () {
      yield* clear
      const queue = yield* LocationQueue
      const waiters = yield* waitsForLock
      yield* load(["1.1.1.1"])
      yield* answerAll(() => inCity("Old"))
      yield* load([null, "9.9.9.9"])
      const claims = yield* queue.claims
      assert.deepStrictEqual(yield* claims.take(100, 1), ["9.9.9.9"])
      const release = yield* hold
      // The user moves to an address that is being asked for: the chunk has queued it, and waits for the user's row.
      const chunk = yield* Effect.forkChild(load(["9.9.9.9"], { day: "2021-01-01" }))
      yield* waiters(1)
      const answering = yield* Effect.forkChild(commitAnswers(claims, new Map([["9.9.9.9", inCity("New")]])))
      yield* waiters(2)
      yield* release
      yield* Fiber.join(chunk)
      yield* Fiber.join(answering)
      assert.deepStrictEqual(yield* cities, { a: "New", b: "New" })
    }).pipe(Effect.scoped),
  )

  it.effect("a chunk and an address that is settled do not cross: it is queued again", () =>
    Effect.gen(function* () {
      yield* clear
      const sql = yield* PgClient.PgClient
      const queue = yield* LocationQueue
      const waiters = yield* waitsForLock
      yield* load(["9.9.9.9"])
      const claims = yield* queue.claims
      yield* claims.take(100, 1)
      const release = yield* hold
      // It settles the address, and waits for the user's row.
      const settling = yield* Effect.forkChild(settleAnswers(claims, new Map([["9.9.9.9", inCity("Here")]])))
      yield* waiters(1)
      const chunk = yield* Effect.forkChild(load([null, "9.9.9.9"]))
      yield* waiters(2)
      yield* release
      yield* Fiber.join(settling)
      yield* Fiber.join(chunk)
      assert.deepStrictEqual(yield* sql`select address, status from ip_locations`, [
        { address: "9.9.9.9", status: "pending" },
      ])
    }).pipe(Effect.scoped),
  )

  it.effect("no transaction is open, and no row is locked, while claimed addresses are asked for", () =>
    Effect.gen(function* () {
      yield* clear
      const sql = yield* PgClient.PgClient
      yield* load(["9.9.9.9", "1.1.1.1"])
      const claims = yield* (yield* LocationQueue).claims
      assert.strictEqual((yield* claims.take(100, 1)).length, 2)
      const open = sql`
        select state, query from pg_stat_activity
        where datname = current_database() and state like 'idle in transaction%'`
      assert.deepStrictEqual(yield* open, [])
      assert.strictEqual((yield* sql`select from ip_locations for update nowait`).length, 2)
    }).pipe(Effect.scoped),
  )

  it.effect("claims of a process whose session has ended are free at once; of a lost machine, when they expire", () =>
    Effect.gen(function* () {
      yield* clear
      const sql = yield* PgClient.PgClient
      const queue = yield* LocationQueue
      yield* load(["9.9.9.9"])
      const dying = yield* queue.claims
      assert.strictEqual((yield* dying.take(100, 1)).length, 1)
      const otherProcess = yield* Layer.build(Layer.fresh(Repositories.layer))
      const other = yield* Context.get(otherProcess, LocationQueue).claims
      assert.deepStrictEqual(yield* other.take(100, 1), [])
      yield* sql`update ip_locations set claimed_until = now() - interval '1 second'`
      assert.strictEqual((yield* other.take(100, 1)).length, 1)
      // The session of the claims that have the address now.
      yield* sql`
        select pg_terminate_backend(pid) from pg_locks l, ip_locations i
        where l.locktype = 'advisory' and (classid::bigint << 32) | objid::bigint = i.claimed_by`
      const [taken] = yield* Effect.repeat(
        Effect.flatMap(queue.claims, (claims) => claims.take(100, 1)),
        {
          until: (addresses) => addresses.length > 0,
        },
      )
      assert.strictEqual(taken, "9.9.9.9")
    }).pipe(Effect.scoped),
  )
})
