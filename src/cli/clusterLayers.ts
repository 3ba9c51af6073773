// What the commands of a cluster share: a server that all workers can reach, and the database of the engine.

import { Effect, Layer } from "effect"
import { GeoLocator } from "../geo/GeoLocator.ts"
import * as PgServer from "../database/PgServer.ts"
import { ClusterRuns } from "../repo/ClusterRuns.ts"
import { chooseDatabase } from "./chooseDatabase.ts"
import { UsageError } from "./CommandError.ts"
import type { DatabaseFlags } from "./flags/databaseFlags.ts"
import { repositories } from "./layers.ts"

/** One of them keeps the locks of the engine. */
const engineConnections = 4

/** Checked before anything is opened: else an embedded database would be created. */
export const chooseServer = Effect.fnUntraced(function* (flags: DatabaseFlags) {
  const choice = yield* chooseDatabase(flags)
  if (choice._tag === "Server") return choice
  return yield* new UsageError({
    message:
      "A cluster requires a PostgreSQL server that all workers can reach. Name it with --database-url, DATABASE_URL or the DB_ variables.",
  })
})

export const engineDatabase = (flags: DatabaseFlags) =>
  Layer.unwrap(
    Effect.map(chooseServer(flags), ({ url }) => PgServer.layerConfig({ url, maxConnections: engineConnections })),
  )

/** Fails before the engine creates its tables. */
export const checked = Layer.effectDiscard(Effect.flatMap(ClusterRuns, ({ checkServer }) => checkServer))

/** The workers locate. */
const elsewhere = Layer.succeed(GeoLocator, { name: "by the workers", instant: undefined, service: undefined })

/** For commands that follow a run of a cluster. */
export const watching = (flags: DatabaseFlags) =>
  Layer.unwrap(
    Effect.as(chooseServer(flags), checked.pipe(Layer.provideMerge(repositories(flags)), Layer.merge(elsewhere))),
  )
