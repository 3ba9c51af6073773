// What the commands of a cluster have in common: a server that workers reach, and the engine's own database.

import { Effect, Layer } from "effect"
import { GeoLocator } from "../geo/GeoLocator.ts"
import * as PgServer from "../database/PgServer.ts"
import { ClusterRuns } from "../repo/ClusterRuns.ts"
import { chooseDatabase } from "./chooseDatabase.ts"
import { UsageError } from "./CommandError.ts"
import type { DatabaseFlags } from "./flags/databaseFlags.ts"
import { repositories } from "./layers.ts"

/** Connections of the engine itself: one keeps its locks. */
const engineConnections = 4

/** Asked before anything is opened: an embedded database would be made. */
export const chooseServer = Effect.fnUntraced(function* (flags: DatabaseFlags) {
  const choice = yield* chooseDatabase(flags)
  if (choice._tag === "Server") return choice
  return yield* new UsageError({
    message:
      "A cluster needs a PostgreSQL server that all workers reach: name it by --database-url, DATABASE_URL or the DB_ variables. The embedded database has one process.",
  })
})

export const engineDatabase = (flags: DatabaseFlags) =>
  Layer.unwrap(Effect.map(chooseServer(flags), ({ url }) => PgServer.layer({ url, maxConnections: engineConnections })))

/** Told before the engine makes its tables. */
export const checked = Layer.effectDiscard(Effect.flatMap(ClusterRuns, ({ checkServer }) => checkServer))

/** Places are found by the workers. */
const elsewhere = Layer.succeed(GeoLocator, { name: "by the workers", instant: undefined, service: undefined })

/** What shows how a run of a cluster comes on. */
export const watching = (flags: DatabaseFlags) =>
  Layer.unwrap(
    Effect.as(chooseServer(flags), checked.pipe(Layer.provideMerge(repositories(flags)), Layer.merge(elsewhere))),
  )
