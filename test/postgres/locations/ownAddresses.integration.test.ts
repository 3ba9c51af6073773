import { PgClient } from "@effect/sql-pg"
import { assert, layer } from "@effect/vitest"
import { Duration, Effect, type Layer, Schema } from "effect"
import { Answer } from "../../../src/domain/Location.ts"
import { noStages } from "../../../src/domain/StageTimes.ts"
import { noPlaces } from "../../../src/domain/rows/RowPlaces.ts"
import { LocationQueue } from "../../../src/repo/LocationQueue.ts"
import { RunRepo } from "../../../src/repo/RunRepo.ts"
import * as Testing from "../../../src/testing.ts"
import { makeShares, makeUser } from "../../utils/records.ts"
import { embedded, native, newLoadOf, repos, commit, commitAnswers, settleAnswers } from "../../utils/repos.ts"
import { ip, ips } from "../../utils/addresses.ts"

const SomeNumber = Schema.Literals([1, 2, 3, 4])
const Step = Schema.Union([
  /** A chunk of that run has these addresses. */
  Schema.TaggedStruct("Load", { run: Schema.Literals(["a", "b", "c"]), addresses: Schema.NonEmptyArray(SomeNumber) }),
  /** The service answers these of all that wait, or they are settled without it; the others are given back. */
  Schema.TaggedStruct("Answer", { isSettled: Schema.Boolean, addresses: Schema.Array(SomeNumber) }),
])

let trials = 0

/** Loads a user of each address, the same whatever the run, and gives the run and what its chunk counts. */
const load = Effect.fnUntraced(function* (
  source: string,
  addresses: ReadonlyArray<string>,
  maxAge?: Duration.Duration,
) {
  const users = addresses.map((ip_address) => makeUser({ email: `${ip_address}@example.com`, ip_address }))
  const part = yield* newLoadOf(source)
  const { counts } = yield* commit(part, makeShares(users, 10)[0]!, {
    places: noPlaces,
    queue: addresses.map(ip),
    maxAge,
  })
  return { runId: part.runId, counts }
})

/** Answers what waits as told, as a process of its own. */
const answer = Effect.fnUntraced(function* (answerOf: (address: string) => Answer, isSettled = false) {
  const claims = yield* (yield* LocationQueue).claims
  const answers = new Map((yield* claims.take(100, 1)).map((address) => [address, answerOf(address)]))
  yield* isSettled ? settleAnswers(claims, answers) : commitAnswers(claims, answers)
}, Effect.scoped)

const answerAll = answer(() => Answer.located(Testing.place({ city: "Here" })))

/** Whether others have claimed an address of the run, as a process sees it that has claimed none. */
const othersWait = Effect.fnUntraced(function* (runId: number) {
  const claims = yield* (yield* LocationQueue).claims
  return yield* claims.othersWait(runId)
}, Effect.scoped)

const waitingOf = (runId: number) => Effect.flatMap(LocationQueue, (queue) => queue.waitingOf(runId))

for (const [name, database, runs] of [
  ["memory", Testing.layerRepo, 200],
  ["PostgreSQL", repos(native), 25],
  ["PGlite", repos(embedded), 10],
] as const) {
  layer(database as Layer.Layer<any, unknown>, { timeout: "60 seconds" })(`a run's addresses in ${name}`, (it) => {
    it.effect.prop(
      "are those that its chunks queue or find waiting, until they are answered",
      { steps: Schema.Array(Step).check(Schema.isMaxLength(8)) },
      ({ steps }) =>
        Effect.gen(function* () {
          const trial = trials++
          const addressOf = (number: number) => `8.${trial >> 8}.${trial & 255}.${number}`
          const runIds = new Map<string, number>()
          const owners = new Map<string, Set<string>>()
          const remembered = new Set<string>()
          for (const step of steps) {
            const addresses = [...new Set(step.addresses)].map(addressOf)
            if (step._tag === "Load") {
              runIds.set(step.run, (yield* load(`${step.run} ${trial}`, addresses)).runId)
              for (const address of addresses) {
                if (!remembered.has(address)) owners.set(address, (owners.get(address) ?? new Set()).add(step.run))
              }
            } else {
              const told = Answer.unlocatable("nowhere")
              yield* answer((address) => (addresses.includes(address) ? told : Answer.notNow), step.isSettled)
              for (const address of addresses) if (owners.delete(address) && !step.isSettled) remembered.add(address)
            }
            for (const [run, runId] of runIds) {
              const own = [...owners.values()].filter((runs) => runs.has(run)).length
              assert.deepStrictEqual(yield* waitingOf(runId), { own, others: owners.size - own })
              assert.strictEqual(yield* othersWait(runId), own > 0)
            }
          }
          yield* answerAll
        }),
      { arbitrary: { runs } },
    )

    it.effect("are known to its next attempt, and are those of unchanged users too", () =>
      Effect.gen(function* () {
        const first = yield* load("first", ["9.9.9.1", "9.9.9.2"])
        const second = yield* load("second", ["9.9.9.1"])
        assert.deepInclude(second.counts, { unchanged: 1 })
        assert.deepStrictEqual(yield* waitingOf(first.runId), { own: 2, others: 0 })
        assert.deepStrictEqual(yield* waitingOf(second.runId), { own: 1, others: 1 })
        const { runId } = yield* newLoadOf("second")
        assert.strictEqual(runId, second.runId)
        const claims = yield* (yield* LocationQueue).claims
        assert.deepStrictEqual(yield* claims.take(1, 1), ["9.9.9.1"])
        assert.isFalse(yield* claims.othersWait(second.runId))
        assert.isTrue(yield* claims.othersWait(first.runId))
        yield* commitAnswers(claims, new Map([["9.9.9.1", Answer.unlocatable("nowhere")]]))
        assert.deepStrictEqual(yield* waitingOf(second.runId), { own: 0, others: 1 })
        yield* answerAll
      }).pipe(Effect.scoped),
    )

    it.effect("are those of earlier runs over its source, too", () =>
      Effect.gen(function* () {
        const part = yield* newLoadOf("again")
        const share = makeShares([makeUser({ ip_address: "9.9.9.7" })], 10)[0]!
        yield* commit(part, share, { places: noPlaces, queue: ips("9.9.9.7") })
        const ending = { isFinished: true, exitCode: 7, milliseconds: 1, stages: noStages }
        yield* (yield* RunRepo).end({ runId: part.runId, attempt: 1 }, ending)
        const { runId } = yield* newLoadOf("again")
        assert.notStrictEqual(runId, part.runId)
        assert.deepStrictEqual(yield* waitingOf(runId), { own: 1, others: 0 })
        assert.isTrue(yield* othersWait(runId))
        yield* answerAll
      }),
    )

    if (name !== "memory") {
      it.effect("are remembered for the last 32 runs that have found an address, however many there are", () =>
        Effect.gen(function* () {
          const sql = yield* PgClient.PgClient
          for (let run = 0; run < 34; run++) yield* load(`run ${run}`, ["9.9.9.8"])
          const found = yield* sql<{ found: ReadonlyArray<string> }>`
            select array(select source from unnest(runs) run join etl_runs on id = run order by id) as found
            from ip_locations where address = '9.9.9.8'`
          assert.deepStrictEqual(found, [{ found: Array.from({ length: 32 }, (_, index) => `run ${index + 2}`) }])
          yield* answerAll
        }),
      )

      it.effect("are those whose old answers it asks for again", () =>
        Effect.gen(function* () {
          const first = yield* load("first", ["9.9.9.9"])
          yield* answerAll
          const second = yield* load("second", ["9.9.9.9"], Duration.zero)
          assert.deepStrictEqual(yield* waitingOf(first.runId), { own: 0, others: 1 })
          assert.deepStrictEqual(yield* waitingOf(second.runId), { own: 1, others: 0 })
          yield* answerAll
        }),
      )
    }
  })
}
