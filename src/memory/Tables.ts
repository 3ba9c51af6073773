// The tables in memory, to look into.

import { Context, Effect, Layer, Ref } from "effect"
import type { BadValue } from "../domain/BadValue.ts"
import type { Answer } from "../domain/Location.ts"
import type { Reject } from "../domain/Reject.ts"
import type { StoredUser } from "./StoredUser.ts"

/** What the repositories in memory keep. */
export class Tables extends Context.Service<
  Tables,
  {
    /** By e-mail. */
    readonly users: Ref.Ref<ReadonlyMap<string, StoredUser>>
    readonly rejects: Ref.Ref<ReadonlyArray<Reject & { readonly fileId: number }>>
    /** Values that could not be used, and are null. */
    readonly badValues: Ref.Ref<ReadonlyArray<BadValue & { readonly fileId: number }>>
    /** By address; `NotNow` for a pending one. */
    readonly locations: Ref.Ref<ReadonlyMap<string, Answer>>
  }
>()("user-activity-etl/memory/Tables") {}

/** Empty tables. */
export const layerTables = Layer.effect(
  Tables,
  Effect.gen(function* () {
    return {
      users: yield* Ref.make<ReadonlyMap<string, StoredUser>>(new Map()),
      rejects: yield* Ref.make<ReadonlyArray<Reject & { readonly fileId: number }>>([]),
      badValues: yield* Ref.make<ReadonlyArray<BadValue & { readonly fileId: number }>>([]),
      locations: yield* Ref.make<ReadonlyMap<string, Answer>>(new Map()),
    }
  }),
)
