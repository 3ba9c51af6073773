// How long a database that is unreachable is waited for, and how that is logged.

import { Duration, Effect, Exit, Schedule } from "effect"
import { DatabaseError } from "../domain/DatabaseError.ts"
import { explain } from "../observability/Advice.ts"
import { monotonicMillis } from "../observability/monotonic.ts"

/** Longer than any statement may take: a server that stalls does not end its statements itself. */
export const silence = "150 seconds"

/** A database that restarts, or whose standby takes over, answers again within it. */
const patience = "5 minutes"

const millis = (duration: Duration.Input) => Duration.toMillis(Duration.fromInputUnsafe(duration))

/** Short pauses at first, then 5 s. */
const backoff = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")]).pipe(Schedule.jittered)

const mayPass = (error: unknown): error is DatabaseError => error instanceof DatabaseError && error.retryable

/**
 * Retries effects that fail because the database is unreachable for a time, until it has been so for five minutes. Logs
 * that once, however many effects wait. They must be safe to repeat where they succeeded and only the answer was lost.
 */
export const makePatience = () => {
  let waiting = 0
  return <A, E, R>(effect: Effect.Effect<A, DatabaseError | E, R>): Effect.Effect<A, DatabaseError | E, R> =>
    Effect.suspend(() => {
      let deadline: number | undefined
      const isInTime = (error: DatabaseError | E) =>
        mayPass(error) ? Effect.map(monotonicMillis, (now) => now < deadline!) : Effect.succeed(false)
      const attempt = Effect.gen(function* () {
        const start = yield* monotonicMillis
        return yield* Effect.tapError(
          effect,
          Effect.fnUntraced(function* (error) {
            if (!mayPass(error) || deadline !== undefined) return
            // It may be unreachable since the effect started, but no longer than a statement can take.
            const now = yield* monotonicMillis
            deadline = Math.max(start, now - millis(silence)) + millis(patience)
            if (waiting++ === 0) yield* Effect.logWarning(`${yield* explain(error)} Retrying for up to ${patience}.`)
          }),
        )
      })
      return attempt.pipe(
        Effect.retry({ schedule: backoff, while: isInTime }),
        Effect.onExit((exit) => {
          if (deadline === undefined || --waiting > 0 || Exit.isFailure(exit)) return Effect.void
          return Effect.logInfo("The database answers again.")
        }),
      )
    })
}

/** Retries one effect: see `makePatience`. */
export const patiently: ReturnType<typeof makePatience> = (effect) => Effect.suspend(() => makePatience()(effect))
