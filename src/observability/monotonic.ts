// The clock that measures durations.

import { Clock, Effect } from "effect"

/** Milliseconds of the process's monotonic clock. */
export const monotonicMillis = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1_000_000)
