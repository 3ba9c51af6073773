// What the library keeps in PostgreSQL, as Layers.

import type { PgClient } from "@effect/sql-pg"
import { Layer } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { Permits } from "../geo/quota/Permits.ts"
import type { LocationQueue } from "../repo/LocationQueue.ts"
import type { RejectRepo } from "../repo/RejectRepo.ts"
import type { RunHistory } from "../repo/RunHistory.ts"
import type { RunRepo } from "../repo/RunRepo.ts"
import type { UserRepo } from "../repo/UserRepo.ts"
import * as PgLocationQueue from "./locations/PgLocationQueue.ts"
import * as PgPermits from "./locations/PgPermits.ts"
import * as PgRejectRepo from "./runs/PgRejectRepo.ts"
import * as PgRunHistory from "./runs/PgRunHistory.ts"
import * as PgRunRepo from "./runs/PgRunRepo.ts"
import * as PgUserRepo from "./users/PgUserRepo.ts"

/**
 * `UserRepo`: the table `users`. Shares its transactions with `layerRuns` where both have the same `PgClient`.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import * as Memory from "user-activity-etl/Memory"
 * import * as PgServer from "user-activity-etl/PgServer"
 * import * as Postgres from "user-activity-etl/Postgres"
 *
 * // The users in a database, and nothing of ours beside them.
 * const repositories = Layer.merge(Postgres.layerUsers.pipe(Layer.provide(PgServer.layerConfig())), Memory.layerRuns)
 * ```
 */
export const layerUsers: Layer.Layer<UserRepo, DatabaseError, PgClient.PgClient> = PgUserRepo.layer

/**
 * `RejectRepo` and `RunHistory`: they read what runs have kept, and create no table.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { RunHistory } from "user-activity-etl"
 * import * as PgServer from "user-activity-etl/PgServer"
 * import * as Postgres from "user-activity-etl/Postgres"
 *
 * const latest = Effect.flatMap(RunHistory, (history) => history.latest(10)).pipe(
 *   Effect.provide(Postgres.layerHistory.pipe(Layer.provide(PgServer.layerConfig()))),
 * )
 * ```
 */
export const layerHistory: Layer.Layer<RejectRepo | RunHistory, never, PgClient.PgClient> = Layer.merge(
  PgRejectRepo.layer,
  PgRunHistory.layer,
)

/**
 * All but the users, for a `UserRepo` of one's own: `RunRepo`, `LocationQueue`, `Permits` and `layerHistory`. Building
 * it creates or upgrades the tables.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import * as Memory from "user-activity-etl/Memory"
 * import * as PgServer from "user-activity-etl/PgServer"
 * import * as Postgres from "user-activity-etl/Postgres"
 *
 * const repositories = Layer.merge(Memory.layerUsers, Postgres.layerRuns.pipe(Layer.provide(PgServer.layerConfig())))
 * ```
 */
export const layerRuns: Layer.Layer<
  RunRepo | LocationQueue | Permits | RejectRepo | RunHistory,
  DatabaseError,
  PgClient.PgClient
> = Layer.mergeAll(PgRunRepo.layer, PgLocationQueue.layer, PgPermits.layer, layerHistory)

/**
 * All that a run keeps, in the PostgreSQL (13 or newer, or PGlite) of a `PgClient`. Building it creates or upgrades the
 * tables. The pool needs 2 connections at least: one has the locks of all runs, the others work. A statement that finds
 * none free logs that after a minute, and fails with a `DatabaseError` (`noConnection`) after five more.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import * as PgServer from "user-activity-etl/PgServer"
 * import * as Postgres from "user-activity-etl/Postgres"
 *
 * const repositories = Postgres.layer.pipe(Layer.provide(PgServer.layerConfig()))
 * ```
 */
export const layer: Layer.Layer<
  UserRepo | RunRepo | LocationQueue | Permits | RejectRepo | RunHistory,
  DatabaseError,
  PgClient.PgClient
> = Layer.merge(layerUsers, layerRuns)
