import { PgClient } from "@effect/sql-pg"
import { assert, layer } from "@effect/vitest"
import { Context, Duration, Effect, Exit, Layer } from "effect"
import * as PgEmbedded from "../../../src/database/PgEmbedded.ts"
import { Permits } from "../../../src/geo/quota/Permits.ts"
import * as Repositories from "../../../src/postgres/Repositories.ts"
import { freshFolder } from "../../utils/embedded.ts"
import { clientLayer, freshDatabase, sharedPostgres } from "../../utils/postgres.ts"

type Clients = readonly [Permits["Service"], Permits["Service"]]

/** Two processes that share a database; where that has but one process, two users of its connection. */
class TwoClients extends Context.Service<TwoClients, Clients>()("test/TwoClients") {}

const repos = <E>(database: Layer.Layer<PgClient.PgClient, E>) => Layer.provideMerge(Repositories.layer, database)

const native = Layer.unwrap(
  Effect.gen(function* () {
    const server = yield* sharedPostgres
    const name = yield* freshDatabase
    const second = Layer.fresh(Repositories.layer.pipe(Layer.provide(Layer.fresh(clientLayer(server, name)))))
    const clients = Layer.effect(
      TwoClients,
      Effect.gen(function* () {
        const other = Context.get(yield* Layer.build(second), Permits)
        return [yield* Permits, other] as const
      }),
    )
    return Layer.provideMerge(clients, repos(clientLayer(server, name)))
  }),
)

const embedded = Layer.effect(
  TwoClients,
  Effect.map(Permits, (permits): Clients => [permits, permits]),
).pipe(Layer.provideMerge(repos(Layer.unwrap(Effect.map(freshFolder, (directory) => PgEmbedded.layer({ directory }))))))

const minute = 60_000
const lasts = Duration.seconds(15)
const window = Duration.minutes(1)
const options = { limit: 3, window, lasts }

/** As if all that has happened had happened so much earlier. */
const pass = Effect.fnUntraced(function* (millis: number) {
  const sql = yield* PgClient.PgClient
  yield* sql`
    update etl_permits set granted_at = granted_at - make_interval(secs => ${millis / 1_000}),
      answered_at = answered_at - make_interval(secs => ${millis / 1_000})`
})

const granted = (answer: { readonly _tag: string; readonly id?: number }): number => {
  assert.strictEqual(answer._tag, "Granted")
  return answer.id!
}

/** Milliseconds that the answer says to wait; the test itself takes some. */
const assertWaits = (answer: { readonly _tag: string; readonly millis?: number }, expected: number) => {
  assert.strictEqual(answer._tag, "Wait")
  assert.isAtMost(answer.millis!, expected)
  assert.isAbove(answer.millis!, expected - 5_000)
}

const empty = Effect.flatMap(PgClient.PgClient, (sql) => sql`truncate etl_permits`)

const count = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  return (yield* sql<{ count: number }>`select count(*)::int as count from etl_permits`)[0]!.count
})

for (const [name, database] of [
  ["PostgreSQL", native],
  ["PGlite", embedded],
] as const) {
  layer(database, { excludeTestServices: true })(`Permits in ${name}`, (it) => {
    it.effect("two processes that race never hold more permits than may count, and lose none", () =>
      Effect.gen(function* () {
        const clients = yield* TwoClients
        for (let round = 0; round < 10; round++) {
          yield* empty
          const answers = yield* Effect.forEach(
            Array.from({ length: 24 }, (_, index) => clients[index % 2]!),
            (permits) => permits.acquire("p", { limit: 15, window, lasts }),
            { concurrency: "unbounded" },
          )
          const ids = answers.flatMap((answer) => (answer._tag === "Granted" ? answer.id : []))
          assert.strictEqual(new Set(ids).size, 15)
          assert.strictEqual(ids.length, 15)
        }
      }),
    )

    it.effect("a permit counts until a minute after its answer was recorded, whoever sent the request", () =>
      Effect.gen(function* () {
        yield* empty
        const [one, other] = yield* TwoClients
        const first = granted(yield* one.acquire("p", options))
        granted(yield* one.acquire("p", options))
        granted(yield* other.acquire("p", options))
        assertWaits(yield* other.acquire("p", options), minute + 15_000)
        yield* pass(8_000)
        yield* one.answered(first, undefined)
        assertWaits(yield* other.acquire("p", options), minute)
        yield* pass(minute - 5_000)
        assertWaits(yield* other.acquire("p", options), 5_000)
        yield* pass(5_000)
        granted(yield* other.acquire("p", options))
        assert.strictEqual((yield* one.acquire("p", options))._tag, "Wait")
      }),
    )

    it.effect("a permit of a process that died counts until its request could have ended, and a minute", () =>
      Effect.gen(function* () {
        yield* empty
        const [one, other] = yield* TwoClients
        for (let times = 0; times < 3; times++) granted(yield* one.acquire("p", options))
        yield* pass(minute + 10_000)
        assertWaits(yield* other.acquire("p", options), 5_000)
        yield* pass(5_000)
        for (let times = 0; times < 3; times++) granted(yield* other.acquire("p", options))
        assert.strictEqual(yield* count, 3)
      }),
    )

    it.effect.each([20, 600])("a permit counts for the window that is given: %i s", (seconds) =>
      Effect.gen(function* () {
        yield* empty
        const [one, other] = yield* TwoClients
        const single = { limit: 1, window: Duration.seconds(seconds), lasts }
        yield* one.answered(granted(yield* one.acquire("p", single)), undefined)
        assertWaits(yield* other.acquire("p", single), seconds * 1_000)
        yield* pass((seconds - 10) * 1_000)
        assertWaits(yield* other.acquire("p", single), 10_000)
        yield* pass(10_000)
        // Its request was lost.
        granted(yield* other.acquire("p", single))
        assert.strictEqual(yield* count, 1)
        assertWaits(yield* one.acquire("p", single), (15 + seconds) * 1_000)
        yield* pass((15 + seconds) * 1_000)
        granted(yield* one.acquire("p", single))
      }),
    )

    it.effect("a permit that is given back is free at once, and one that was answered is not given back", () =>
      Effect.gen(function* () {
        yield* empty
        const [one, other] = yield* TwoClients
        const single = { limit: 1, window, lasts }
        yield* one.giveBack(granted(yield* one.acquire("p", single)))
        const id = granted(yield* other.acquire("p", single))
        yield* other.answered(id, undefined)
        yield* other.giveBack(id)
        assertWaits(yield* one.acquire("p", single), minute)
      }),
    )

    it.effect("an answer that is recorded again changes nothing", () =>
      Effect.gen(function* () {
        yield* empty
        const [one] = yield* TwoClients
        const single = { limit: 1, window, lasts }
        const id = granted(yield* one.acquire("p", single))
        yield* one.answered(id, undefined)
        yield* pass(50_000)
        yield* one.answered(id, { remaining: 0, resetsInMillis: 91_000 })
        assertWaits(yield* one.acquire("p", single), 10_000)
      }),
    )

    it.effect("a stamp from the future counts as now, once", () =>
      Effect.gen(function* () {
        yield* empty
        const [one, other] = yield* TwoClients
        const single = { limit: 1, window, lasts }
        granted(yield* one.acquire("p", single))
        yield* pass(-86_400_000)
        assertWaits(yield* other.acquire("p", single), minute + 15_000)
        yield* pass(minute + 15_000)
        const id = granted(yield* other.acquire("p", single))
        yield* other.answered(id, { remaining: 0, resetsInMillis: 90_000 })
        yield* pass(-86_400_000)
        assertWaits(yield* one.acquire("p", single), 90_000)
        yield* pass(90_000)
        granted(yield* one.acquire("p", single))
      }),
    )

    it.effect("none is granted while the service says that none remain, own limit or not", () =>
      Effect.gen(function* () {
        const [one, other] = yield* TwoClients
        for (const limit of [15, Infinity]) {
          yield* empty
          const id = granted(yield* one.acquire("p", { limit, window, lasts }))
          yield* one.answered(id, { remaining: 0, resetsInMillis: 30_000 })
          assertWaits(yield* other.acquire("p", { limit, window, lasts }), 30_000)
          granted(yield* other.acquire("another key", { limit, window, lasts }))
          yield* pass(30_000)
          granted(yield* other.acquire("p", { limit, window, lasts }))
        }
      }),
    )

    it.effect(
      "requests under way, and those whose answer says nothing, are not yet counted in what the service told",
      () =>
        Effect.gen(function* () {
          yield* empty
          const [one, other] = yield* TwoClients
          const unlimited = { limit: Infinity, window, lasts }
          const before = granted(yield* one.acquire("p", unlimited))
          yield* one.answered(before, undefined)
          const [first, second] = [
            granted(yield* one.acquire("p", unlimited)),
            granted(yield* other.acquire("p", unlimited)),
          ]
          yield* one.answered(first, { remaining: 3, resetsInMillis: 30_000 })
          const [third, lost] = [
            granted(yield* one.acquire("p", unlimited)),
            granted(yield* other.acquire("p", unlimited)),
          ]
          assertWaits(yield* one.acquire("p", unlimited), 30_000)
          yield* one.giveBack(third)
          const fourth = granted(yield* one.acquire("p", unlimited))
          yield* one.answered(fourth, { remaining: 3, resetsInMillis: 30_000 })
          yield* other.answered(second, undefined)
          // The service tells 3 left: `second` and `lost` may have come after that.
          granted(yield* one.acquire("p", unlimited))
          assertWaits(yield* one.acquire("p", unlimited), 30_000)
          yield* other.answered(lost, undefined)
          assertWaits(yield* one.acquire("p", unlimited), 30_000)
        }),
    )

    it.effect("keeps no permit that matters no more", () =>
      Effect.gen(function* () {
        yield* empty
        const [one] = yield* TwoClients
        const unlimited = { limit: Infinity, window, lasts }
        const told = granted(yield* one.acquire("p", unlimited))
        granted(yield* one.acquire("p", unlimited))
        yield* one.answered(told, { remaining: 100, resetsInMillis: 200_000 })
        yield* pass(150_000)
        granted(yield* one.acquire("p", unlimited))
        assert.strictEqual(yield* count, 3)
        yield* pass(50_000)
        granted(yield* one.acquire("p", unlimited))
        assert.strictEqual(yield* count, 2)
      }),
    )

    it.effect("is quick however many requests a key allows", () =>
      Effect.gen(function* () {
        yield* empty
        const sql = yield* PgClient.PgClient
        const [one] = yield* TwoClients
        yield* sql`
          insert into etl_permits (provider, granted_at, lasts, answered_at, remaining, resets_in)
          select 'p', now() - i * interval '5 milliseconds', interval '15 seconds', now() - i * interval '5 milliseconds',
            100000, interval '60 seconds'
          from generate_series(1, 20000) i`
        const start = performance.now()
        granted(yield* one.acquire("p", { limit: Infinity, window, lasts }))
        assert.isBelow(performance.now() - start, 20_000)
        assert.isBelow(yield* count, 12_500)
      }),
    )

    it.effect("fails where there is no table, without waiting", () =>
      Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const [one] = yield* TwoClients
        yield* sql`alter table etl_permits rename to elsewhere`
        const exit = yield* Effect.exit(one.acquire("p", options))
        yield* sql`alter table elsewhere rename to etl_permits`
        assert.isTrue(Exit.isFailure(exit))
      }),
    )
  })
}
