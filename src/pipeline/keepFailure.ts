// Keeps how an attempt ended that was interrupted, or has failed.

import { Cause, Effect, Runtime } from "effect"
import { DatabaseError } from "../domain/DatabaseError.ts"
import { isReading } from "../domain/stdin.ts"
import { monotonicMillis } from "../observability/monotonic.ts"
import { type Attempt, RunRepo } from "../repo/RunRepo.ts"
import { briefly } from "./briefly.ts"
import type { Run } from "./Run.ts"

/**
 * Keeps it if the database allows it within 2 s. The run is not finished even where every file is loaded: the same call
 * resumes it, and so locates its pending addresses; no call resumes standard input. `start`: of the attempt, by the
 * monotonic clock.
 */
export const keepFailure = (attempt: Attempt, run: Run, start: number) =>
  Effect.fnUntraced(function* <E>(cause: Cause.Cause<E>) {
    const runs = yield* RunRepo
    const error = Cause.squash(cause)
    // No further attempt on a database that has been unreachable for minutes.
    if (error instanceof DatabaseError && error.retryable) return
    const isInterrupted = Cause.hasInterruptsOnly(cause)
    const keeping = runs.end(attempt, {
      isFinished: isReading(run.request.source) && (yield* run.isLoaded),
      exitCode: isInterrupted ? 130 : Runtime.getErrorExitCode(error),
      milliseconds: Math.round((yield* monotonicMillis) - start),
      stages: run.stopwatch.times,
    })
    yield* briefly(keeping)
  })
