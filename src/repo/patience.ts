import { Duration, Effect, Exit, Schedule } from "effect"
import { DatabaseError } from "../domain/DatabaseError.ts"
import { monotonicMillis } from "../observability/monotonic.ts"

/** A server that has stalled does not end its statements itself: more than any of them may take. */
export const silence = "150 seconds"

/** A database that restarts, or whose standby takes over, is back by then. */
const patience = "5 minutes"

const millis = (duration: Duration.Input) => Duration.toMillis(Duration.fromInputUnsafe(duration))

/** Soon at first, then every 5 s. */
const backoff = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")]).pipe(Schedule.jittered)

const mayPass = (error: unknown): error is DatabaseError => error instanceof DatabaseError && error.retryable

/**
 * Repeats what a database made fail that may be back in a moment, until it has been away for five minutes, and says so:
 * once, however many of these effects wait for it. They must be safe to repeat although they succeeded and only the
 * answer was lost.
 */
export const makePatience = () => {
  let waiting = 0
  return <A, E, R>(effect: Effect.Effect<A, DatabaseError | E, R>): Effect.Effect<A, DatabaseError | E, R> =>
    Effect.suspend(() => {
      let awayUntil: number | undefined
      const isWorthATry = (error: DatabaseError | E) =>
        mayPass(error) ? Effect.map(monotonicMillis, (now) => now < awayUntil!) : Effect.succeed(false)
      const attempt = Effect.gen(function* () {
        const start = yield* monotonicMillis
        return yield* Effect.tapError(
          effect,
          Effect.fnUntraced(function* (error) {
            if (!mayPass(error) || awayUntil !== undefined) return
            // It may have been away since the effect began, but no longer than it can be silent.
            const now = yield* monotonicMillis
            awayUntil = Math.max(start, now - millis(silence)) + millis(patience)
            if (waiting++ === 0) yield* Effect.logWarning(`${error.message} Trying again for up to ${patience}.`)
          }),
        )
      })
      return attempt.pipe(
        Effect.retry({ schedule: backoff, while: isWorthATry }),
        Effect.onExit((exit) => {
          if (awayUntil === undefined || --waiting > 0 || Exit.isFailure(exit)) return Effect.void
          return Effect.logInfo("The database answers again.")
        }),
      )
    })
}

/** The patience of one effect: see `makePatience`. */
export const patiently: ReturnType<typeof makePatience> = (effect) => Effect.suspend(() => makePatience()(effect))
