import { Context, Effect, Layer } from "effect"
import { monotonicMillis } from "../observability/monotonic.ts"
import { Progress, type ProgressEvent } from "../observability/Progress.ts"

/** What a worker does at the moment. */
export interface Watched {
  /** Parts that it loads, or splits, without those that wait for their turn. */
  readonly held: number
  /** Milliseconds since it last got on with any of them; 0 where it holds none. */
  readonly silent: number
}

/** Knows whether a worker gets on with what it holds. Being alive is not enough. */
export class WorkerActivity extends Context.Service<
  WorkerActivity,
  {
    /** Watches the work: it gets on where `isProgress` of an event. */
    readonly over: (
      isProgress: (event: ProgressEvent) => boolean,
    ) => <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
    readonly watched: Effect.Effect<Watched>
  }
>()("user-activity-etl/cluster/WorkerActivity") {
  static readonly layer = Layer.sync(this, () => {
    let held = 0
    let last = 0
    const getOn = Effect.map(monotonicMillis, (now) => void (last = now))
    return WorkerActivity.of({
      over: (isProgress) => (work) =>
        Effect.acquireUseRelease(
          Effect.andThen(
            getOn,
            Effect.sync(() => held++),
          ),
          () => Effect.provideService(work, Progress, (event) => (isProgress(event) ? getOn : Effect.void)),
          () =>
            Effect.andThen(
              getOn,
              Effect.sync(() => held--),
            ),
        ),
      watched: Effect.map(monotonicMillis, (now) => ({ held, silent: held === 0 ? 0 : now - last })),
    })
  })
}
