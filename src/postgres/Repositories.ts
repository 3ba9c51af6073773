// All that a run, and the workers of a cluster, keep in PostgreSQL, as one Layer.

import { Layer } from "effect"
import * as PgLocationQueue from "./locations/PgLocationQueue.ts"
import * as PgPermits from "./locations/PgPermits.ts"
import * as PgClusterRuns from "./runs/PgClusterRuns.ts"
import * as PgRejectRepo from "./runs/PgRejectRepo.ts"
import * as PgRunHistory from "./runs/PgRunHistory.ts"
import * as PgRunRepo from "./runs/PgRunRepo.ts"
import * as PgUserRepo from "./users/PgUserRepo.ts"

/**
 * `UserRepo`, `RunRepo`, `LocationQueue`, `Permits`, `RejectRepo`, `RunHistory` and `ClusterRuns` in the PostgreSQL (13
 * or newer, or PGlite) of a `PgClient`. A run takes up to six of a server's connections, and `concurrency` more: with
 * fewer in the pool some wait, with fewer than five it waits for itself for ever.
 */
export const layer = Layer.mergeAll(
  PgUserRepo.layer,
  PgRunRepo.layer,
  PgLocationQueue.layer,
  PgPermits.layer,
  PgRejectRepo.layer,
  PgRunHistory.layer,
  PgClusterRuns.layer,
)
