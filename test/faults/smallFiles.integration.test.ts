import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeRandom, type Random } from "../fixtures/Random.ts"
import { makeSmallFiles } from "./input.ts"
import { type Database, describePlan, type Kill, type Plan } from "./plan.ts"
import { seeds } from "./seeds.ts"
import { trial, undisturbed } from "./trial.ts"

const pick = <A>(random: Random, items: ReadonlyArray<A>): A => items[random.below(items.length)]!

const anyInstant = (random: Random): Kill => ({ share: random.below(1000) / 1000 })

/** While files are taken, or committed. */
const atStatement = (random: Random): Kill => ({
  at: `${pick(random, ["fence = fence + 1:1", "fence = fence + 1:2", "into users:1"])}:${pick(random, ["before", "sent", "after"])}`,
})

/** A quarter of them on the embedded database, which is slower. */
const makePlan = (seed: number): Plan => {
  const random = makeRandom(seed)
  return {
    seed,
    database: seed % 4 === 3 ? "embedded" : "server",
    isNew: false,
    locates: random.perMille(400),
    chunkSize: pick(random, [20, 100, 1_000, 10_000]),
    concurrency: pick(random, [1, 2, 4, 16]),
    kills: [
      pick(random, [atStatement, anyInstant])(random),
      ...Array.from({ length: random.below(3) }, () => anyInstant(random)),
    ],
  }
}

describe("many small files", () => {
  const durations = new Map<Database, Effect.Effect<number, unknown>>()
  const durationOf = (database: Database) => {
    const known = durations.get(database)
    if (known !== undefined) return known
    const duration = Effect.runSync(Effect.cached(Effect.scoped(undisturbed(database, makeSmallFiles(0)))))
    durations.set(database, duration)
    return duration
  }

  for (const seed of seeds) {
    const plan = makePlan(seed)
    it.live(`leave the same tables though their load is killed: ${describePlan(plan)}`, () =>
      Effect.flatMap(durationOf(plan.database), (milliseconds) => trial(plan, makeSmallFiles(seed), milliseconds)),
    )
  }
})
