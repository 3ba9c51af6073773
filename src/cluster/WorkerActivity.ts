// Whether a worker makes progress with its work. Being alive is not enough.

import { Context, Effect, Layer } from "effect"
import { monotonicMillis } from "../observability/monotonic.ts"
import { Progress, type ProgressEvent } from "../observability/Progress.ts"

/** What a worker does now. */
export interface Watched {
  /** Parts that it loads or splits, without those that wait for their turn. */
  readonly held: number
  /** Milliseconds since the last progress with any of them; 0 where it holds none. */
  readonly silent: number
}

/** The activity of this worker. */
export class WorkerActivity extends Context.Service<
  WorkerActivity,
  {
    /** Watches `work`, which makes progress with every event for which `isProgress` is true. */
    readonly over: (
      isProgress: (event: ProgressEvent) => boolean,
    ) => <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
    readonly watched: Effect.Effect<Watched>
  }
>()("user-activity-etl/cluster/WorkerActivity") {
  static readonly layer = Layer.sync(this, () => {
    let held = 0
    let last = 0
    const noteProgress = Effect.map(monotonicMillis, (now) => void (last = now))
    return WorkerActivity.of({
      over: (isProgress) => (work) =>
        Effect.acquireUseRelease(
          Effect.andThen(
            noteProgress,
            Effect.sync(() => held++),
          ),
          () => Effect.provideService(work, Progress, (event) => (isProgress(event) ? noteProgress : Effect.void)),
          () =>
            Effect.andThen(
              noteProgress,
              Effect.sync(() => held--),
            ),
        ),
      watched: Effect.map(monotonicMillis, (now) => ({ held, silent: held === 0 ? 0 : now - last })),
    })
  })
}
