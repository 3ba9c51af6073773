// When a request without a permit asks for one again: a Schedule whose input is the last verdict.
import { Duration, Effect, Schedule } from "effect"
import type { Verdict } from "./Permits.ts"

/** Another process may give a permit back sooner than the verdict says. */
const longestMillis = 1_000

/** Repeats after the wait that the verdict names, or a second; ends with a grant. Its output is the named wait in milliseconds. */
export const pace = Schedule.identity<Verdict>().pipe(
  Schedule.while(({ input }) => input._tag === "Wait"),
  Schedule.map(({ input }) => (input._tag === "Wait" ? input.millis : 0)),
  Schedule.modifyDelay(({ output }) => Effect.succeed(Duration.millis(Math.ceil(Math.min(output, longestMillis))))),
)

/**
 * The same schedule, but `wake` ends a delay early. What repeats sleeps for as long as the schedule says, whatever happens:
 * so the delay is spent here, while the schedule decides, and none is left.
 */
export const wokenBy =
  (wake: Effect.Effect<void>) =>
  <Output, Input>(schedule: Schedule.Schedule<Output, Input>): Schedule.Schedule<Output, Input> =>
    Schedule.modifyDelay(schedule, ({ duration }) =>
      Effect.as(Effect.raceFirst(Effect.sleep(duration), wake), Duration.zero),
    )
