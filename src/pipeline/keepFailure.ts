// Keeps how an attempt ended that was interrupted, or has failed.

import { Cause, Effect, Fiber, Runtime } from "effect"
import { DatabaseError } from "../domain/DatabaseError.ts"
import { monotonicMillis } from "../observability/monotonic.ts"
import type { Stopwatch } from "../observability/Stopwatch.ts"
import { type Attempt, RunRepo } from "../repo/RunRepo.ts"

/**
 * Keeps it if the database allows it within 2 s. The run is not finished even where every file is loaded: the same call
 * resumes it, and so locates its pending addresses. `start`: of the attempt, by the monotonic clock.
 */
export const keepFailure = (attempt: Attempt, stopwatch: Stopwatch, start: number) =>
  Effect.fnUntraced(function* <E>(cause: Cause.Cause<E>) {
    const runs = yield* RunRepo
    const error = Cause.squash(cause)
    // No further attempt on a database that has been unreachable for minutes.
    if (error instanceof DatabaseError && error.retryable) return
    const isInterrupted = Cause.hasInterruptsOnly(cause)
    const keeping = runs.end(attempt, {
      isFinished: false,
      exitCode: isInterrupted ? 130 : Runtime.getErrorExitCode(error),
      milliseconds: Math.round((yield* monotonicMillis) - start),
      stages: stopwatch.times,
    })
    // In a fiber of its own, so that the timeout holds: this one is uninterruptible here.
    const brief = keeping.pipe(Effect.timeoutOption("2 seconds"), Effect.ignore)
    yield* Fiber.await(yield* Effect.forkDetach(brief, { startImmediately: true }))
  })
