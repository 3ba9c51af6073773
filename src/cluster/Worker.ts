// The resources of one worker, which limit how much it loads at once.

import { Context, Effect, Layer } from "effect"
import { UserRepo } from "../repo/UserRepo.ts"
import * as FileLimit from "../pipeline/FileLimit.ts"

/** The engine does not know these limits: it would start all its work at once. */
export class Worker extends Context.Service<
  Worker,
  {
    /** Connections that write at once. */
    readonly concurrency: number
    /** Waits until there is room for a part of `bytes` bytes, as stored, and loads it. */
    readonly withRoomFor: (bytes: number) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  }
>()("user-activity-etl/cluster/Worker") {
  static readonly layer = (concurrency: number) =>
    Layer.effect(
      this,
      Effect.gen(function* () {
        const { connections = 1 } = yield* UserRepo
        const withRoomFor = yield* FileLimit.make(Math.min(concurrency, connections, FileLimit.maxFilesAtOnce))
        return { concurrency, withRoomFor }
      }),
    )
}
