// The repositories in memory, for tests and programs without a database: those of PostgreSQL, except durability.

import { Layer } from "effect"
import type { LocationQueue } from "../repo/LocationQueue.ts"
import type { RunRepo } from "../repo/RunRepo.ts"
import type { UserRepo } from "../repo/UserRepo.ts"
import { layerRuns as runs } from "./memoryRuns.ts"
import { layerUsers as users } from "./memoryUsers.ts"
import { layerTables, type Tables } from "./Tables.ts"

export { Tables } from "./Tables.ts"
export type { StoredUser } from "./StoredUser.ts"

/**
 * `UserRepo`, and its `Tables`.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import * as Memory from "user-activity-etl/Memory"
 * import * as PgEmbedded from "user-activity-etl/PgEmbedded"
 * import * as Postgres from "user-activity-etl/Postgres"
 *
 * // Users in memory, all else in a database.
 * const repositories = Layer.merge(Memory.layerUsers, Postgres.layerRuns.pipe(Layer.provide(PgEmbedded.layerTemp)))
 * ```
 */
export const layerUsers: Layer.Layer<UserRepo | Tables> = users.pipe(Layer.provideMerge(layerTables))

/**
 * `RunRepo` and `LocationQueue`, for a `UserRepo` of one's own, and their `Tables`. One process, no durability.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { UserRepo } from "user-activity-etl"
 * import * as Memory from "user-activity-etl/Memory"
 *
 * const Ours = Layer.succeed(UserRepo, {
 *   upsert: ({ winners }) => Effect.succeed({ inserted: winners.length, updated: 0, unchanged: 0, stale: 0 }),
 *   place: () => Effect.void,
 * })
 * const repositories = Layer.merge(Ours, Memory.layerRuns)
 * ```
 */
export const layerRuns: Layer.Layer<RunRepo | LocationQueue | Tables> = runs.pipe(Layer.provideMerge(layerTables))

/**
 * All that a run keeps: `UserRepo`, `RunRepo`, `LocationQueue` and their `Tables`. One process, no durability.
 *
 * @example
 * ```ts
 * import { Effect, Ref } from "effect"
 * import { ColumnMapping, GeoLocator, Pipeline, Source } from "user-activity-etl"
 * import * as Memory from "user-activity-etl/Memory"
 *
 * const emails = Effect.gen(function* () {
 *   yield* Pipeline.run({ mapping: ColumnMapping.make({ Mail: "email" }) })
 *   const { users } = yield* Memory.Tables
 *   return [...(yield* Ref.get(users)).keys()]
 * }).pipe(Effect.provide([Source.fromBytes({ "1.csv": "Mail\nada@example.com\n" }), GeoLocator.none, Memory.layer]))
 * ```
 */
export const layer: Layer.Layer<UserRepo | RunRepo | LocationQueue | Tables> = Layer.merge(users, runs).pipe(
  Layer.provideMerge(layerTables),
)
