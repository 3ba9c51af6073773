// The span of a chunk, from when it is read until all of it is committed.

import { Clock, Effect, Exit } from "effect"
import type { Chunk } from "../domain/Chunk.ts"
import * as Metrics from "./Metrics.ts"
import { monotonicMillis } from "./monotonic.ts"
import type { RecordCounts } from "../domain/RunSummary.ts"

/** Starts the span of a chunk. It outlives the effect that starts it: each connection writes a share of the chunk. */
export const start = Effect.fnUntraced(function* ({ from, to }: Chunk) {
  const start = yield* monotonicMillis
  const span = yield* Effect.makeSpan("Loading.chunk", {
    attributes: {
      "etl.chunk.from_byte": from.byteOffset,
      "etl.chunk.to_byte": to.byteOffset,
      "etl.chunk.from_line": from.line,
    },
  })
  const end = (exit: Exit.Exit<unknown, unknown>) => Effect.map(Clock.currentTimeNanos, (now) => span.end(now, exit))

  return {
    /** Runs a part of the work on the chunk. The first that fails ends the span. */
    within: <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      effect.pipe(
        Effect.withParentSpan(span, { captureStackTrace: false }),
        Effect.onExit((exit) => (Exit.isFailure(exit) ? end(exit) : Effect.void)),
      ),
    /** Ends the span: all of the chunk is committed. */
    committed: Effect.fnUntraced(function* (counts: RecordCounts) {
      for (const [name, count] of Object.entries(Metrics.countAttributes(counts))) span.attribute(name, count)
      yield* end(Exit.void)
      yield* Metrics.countChunk(counts, ((yield* monotonicMillis) - start) / 1_000)
    }),
  }
})

export type ChunkSpan = Effect.Success<ReturnType<typeof start>>
