// What the library keeps in PostgreSQL, as Layers.

import { Layer } from "effect"
import * as PgLocationQueue from "./locations/PgLocationQueue.ts"
import * as PgPermits from "./locations/PgPermits.ts"
import * as PgClusterRuns from "./runs/PgClusterRuns.ts"
import * as PgRejectRepo from "./runs/PgRejectRepo.ts"
import * as PgRunHistory from "./runs/PgRunHistory.ts"
import * as PgRunRepo from "./runs/PgRunRepo.ts"
import * as PgUserRepo from "./users/PgUserRepo.ts"

/**
 * `UserRepo`: the table `users`. Shares its transactions with `layerRuns` where both have the same `PgClient`.
 */
export const layerUsers = PgUserRepo.layer

/** `RejectRepo`, `RunHistory` and `ClusterRuns`: they read what runs have kept, and create no table. */
export const layerHistory = Layer.mergeAll(PgRejectRepo.layer, PgRunHistory.layer, PgClusterRuns.layer)

/**
 * All but the users, for a `UserRepo` of one's own: `RunRepo`, `LocationQueue`, `Permits` and `layerHistory`. Building
 * it creates or upgrades the tables.
 */
export const layerRuns = Layer.mergeAll(PgRunRepo.layer, PgLocationQueue.layer, PgPermits.layer, layerHistory)

/**
 * All that a run keeps, in the PostgreSQL (13 or newer, or PGlite) of a `PgClient`. Building it creates or upgrades the
 * tables. The pool needs 2 connections at least: one has the locks of all runs, the others work. A statement that finds
 * none free for a minute fails with a `DatabaseError`.
 */
export const layer = Layer.merge(layerUsers, layerRuns)
