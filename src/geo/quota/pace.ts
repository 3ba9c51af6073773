// When a request without a permit asks for one again: a Schedule whose input is the last verdict.

import { Duration, Effect, Schedule } from "effect"
import type { Verdict } from "./Permits.ts"

/** Another process may give a permit back sooner than the verdict says. */
const maxWaitMillis = 1_000

/**
 * Repeats after the verdict's wait, at most a second; ends with a grant. Its output is the verdict's wait in
 * milliseconds.
 */
export const pace = Schedule.identity<Verdict>().pipe(
  Schedule.while(({ input }) => input._tag === "Wait"),
  Schedule.map(({ input }) => (input._tag === "Wait" ? input.millis : 0)),
  Schedule.modifyDelay(({ output }) => Effect.succeed(Duration.millis(Math.ceil(Math.min(output, maxWaitMillis))))),
)

/**
 * The same schedule, but `wake` ends a delay early. `Effect.repeat` sleeps for as long as the schedule says, without
 * exception: so the delay passes here, while the schedule decides, and none is left.
 */
export const wokenBy =
  (wake: Effect.Effect<void>) =>
  <Output, Input>(schedule: Schedule.Schedule<Output, Input>): Schedule.Schedule<Output, Input> =>
    Schedule.modifyDelay(schedule, ({ duration }) =>
      Effect.as(Effect.raceFirst(Effect.sleep(duration), wake), Duration.zero),
    )
