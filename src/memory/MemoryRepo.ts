// The repositories in memory, for tests and programs without a database: those of PostgreSQL, except durability.

import { Layer } from "effect"
import { layerRuns as runs } from "./memoryRuns.ts"
import { layerUsers as users } from "./memoryUsers.ts"
import { Tables } from "./Tables.ts"

export { Tables } from "./Tables.ts"
export type { StoredUser } from "./StoredUser.ts"

/** `UserRepo`, and its `Tables`. */
export const layerUsers = users.pipe(Layer.provideMerge(Tables.layer))

/** `RunRepo` and `LocationQueue`, for a `UserRepo` of one's own, and their `Tables`. One process, no durability. */
export const layerRuns = runs.pipe(Layer.provideMerge(Tables.layer))

/** All that a run keeps: `UserRepo`, `RunRepo`, `LocationQueue` and their `Tables`. One process, no durability. */
export const layer = Layer.merge(users, runs).pipe(Layer.provideMerge(Tables.layer))
