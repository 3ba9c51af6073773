import { makeRandom } from "../fixtures/Random.ts"

/** How much of all records is read when something happens. */
export type Share = number

/** What happens to three workers while they load. */
export interface ClusterPlan {
  readonly seed: number
  /** One is killed, and started again later. */
  readonly killed: { readonly worker: number; readonly at: Share; readonly downMillis: number }
  /** Another is stopped, until others have its work. */
  readonly stopped: { readonly worker: number; readonly at: Share }
  /** All are killed, and each is started again later. */
  readonly all: { readonly at: Share; readonly downMillis: ReadonlyArray<number> }
}

export const makeClusterPlan = (seed: number): ClusterPlan => {
  const random = makeRandom(seed)
  const between = (least: number, most: number): Share => (least + random.below(most - least)) / 1000
  const worker = random.below(3)
  return {
    seed,
    killed: { worker, at: between(300, 700), downMillis: random.below(6_000) },
    stopped: { worker: (worker + 1 + random.below(2)) % 3, at: between(300, 600) },
    // Before the others: while one is stopped the rest may be loaded.
    all: { at: between(0, 300), downMillis: [random.below(3_000), random.below(3_000), random.below(3_000)] },
  }
}

export const describeClusterPlan = ({ seed, killed, stopped, all }: ClusterPlan): string =>
  `seed ${seed}: worker ${killed.worker} killed at ${killed.at}, ${stopped.worker} stopped at ${stopped.at}, all killed at ${all.at}`
