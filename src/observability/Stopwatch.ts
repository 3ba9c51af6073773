// The time that each stage of a run takes.

import { Effect, Stream } from "effect"
import type { StageTimes } from "../domain/StageTimes.ts"
import { monotonicMillis } from "./monotonic.ts"

/**
 * What is timed. `decode`: pulling decoded records, which includes waiting for bytes (`extract`) and for room (`room`).
 */
type Timed = "extract" | "room" | "decode" | "locate" | "load"

/** Adds up the time of each stage. */
export class Stopwatch {
  private readonly sums: Record<Timed, number> = { extract: 0, room: 0, decode: 0, locate: 0, load: 0 }

  /** Times every execution of the effect. */
  readonly time =
    (timed: Timed) =>
    <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.flatMap(monotonicMillis, (start) =>
        Effect.onExit(effect, () => Effect.map(monotonicMillis, (end) => void (this.sums[timed] += end - start))),
      )

  /** Times how long the stream's consumer waits for its elements. */
  readonly timePulls =
    (timed: Timed) =>
    <A, E, R>(stream: Stream.Stream<A, E, R>): Stream.Stream<A, E, R> =>
      Stream.transformPull(stream, (pull) => Effect.succeed(this.time(timed)(pull)))

  get times(): StageTimes {
    const { extract, room, decode, locate, load } = this.sums
    return {
      extract: Math.round(extract),
      transform: Math.max(Math.round(decode - extract - room), 0),
      locate: Math.round(locate),
      load: Math.round(load),
    }
  }
}
