// The services of `etl run --cluster`, apart because the engine takes a tenth of a second to import.

import { Effect, Layer, Option } from "effect"
import * as Engine from "../../cluster/Engine.ts"
import { Cluster } from "../Cluster.ts"
import { engineDatabase, watching } from "../clusterLayers.ts"
import type { RunFlags } from "../flags/runFlags.ts"
import { source } from "../layers.ts"
import { loadInCluster } from "../loadInCluster.ts"

const client = (flags: RunFlags) =>
  Engine.client.pipe(Layer.provide(engineDatabase(flags)), Layer.provideMerge(watching(flags)))

const cluster = Layer.effect(
  Cluster,
  Effect.gen(function* () {
    const context = yield* Effect.context<Effect.Services<ReturnType<typeof loadInCluster>>>()
    return Option.some((...args: Parameters<typeof loadInCluster>) =>
      Effect.provideContext(loadInCluster(...args), context),
    )
  }),
)

export const layer = (flags: RunFlags) => cluster.pipe(Layer.provideMerge(Layer.merge(client(flags), source(flags))))
