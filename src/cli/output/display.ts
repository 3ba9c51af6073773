import { styleText } from "node:util"
import { Console, Effect, Schedule } from "effect"
import { monotonicMillis } from "../../observability/monotonic.ts"
import { advance, bytesRead, nothingYet, Progress, type ProgressEvent } from "../../observability/Progress.ts"
import { GeoLocator, rateOf } from "../../geo/GeoLocator.ts"
import type { OutputFlags } from "../flags/outputFlags.ts"
import { progressFrame, progressLine, type View } from "./progressText.ts"

/** Narrower terminals get lines instead of a frame. */
const leastColumns = 40

/** Speeds are those of so many milliseconds. */
const speedWindow = 10_000

/** Whether a frame may be drawn again and again on the stream. */
const canAnimate = ({ columns, isTTY }: NodeJS.WriteStream, { CI, TERM }: NodeJS.ProcessEnv): boolean =>
  isTTY && columns >= leastColumns && TERM !== "dumb" && (CI === undefined || CI === "" || CI === "false")

/** Follows the events of a run. */
const makeFollower = Effect.gen(function* () {
  const { service } = yield* GeoLocator
  let state = nothingYet
  let samples = [{ at: yield* monotonicMillis, records: 0, bytes: 0 }]

  const view = Effect.map(monotonicMillis, (now): View => {
    const latest = { at: now, records: state.written.read, bytes: bytesRead(state) }
    // The last one before the window too, where nobody looks that often.
    samples = [...samples.filter(({ at }, index) => at > now - speedWindow || index === samples.length - 1), latest]
    const first = samples[0]!
    const seconds = (now - first.at) / 1_000
    return {
      state,
      speed:
        seconds < 1
          ? undefined
          : { records: (latest.records - first.records) / seconds, bytes: (latest.bytes - first.bytes) / seconds },
      service: service && { provider: service.provider, rate: rateOf(service) },
    }
  })
  const follow = (event: ProgressEvent) =>
    Effect.sync(() => {
      state = advance(state, event)
    })
  return { follow, view }
})

/** Draws a frame on stderr, and keeps what is printed meanwhile above it. The last frame stays. */
const makeAnimation = Effect.fnUntraced(function* (view: Effect.Effect<View>) {
  const { createLogUpdate } = yield* Effect.promise(() => import("log-update"))
  const frame = createLogUpdate(process.stderr)
  const draw = Effect.map(view, (now) => {
    const text = progressFrame(now, process.stderr.columns - 1)
    if (text !== "") frame(text.replaceAll(/^\w+/gm, (label) => styleText("cyan", label, { stream: process.stderr })))
  })
  const console = yield* Console.Console
  const above =
    (print: Console.Console["error"]): Console.Console["error"] =>
    (...parts) => {
      frame.clear()
      print(...parts)
    }
  yield* Effect.addFinalizer(() => Effect.andThen(draw, Effect.sync(frame.done)))
  yield* Effect.forkScoped(Effect.repeat(draw, Schedule.spaced("200 millis")))
  return { ...console, error: above(console.error), log: above(console.log) }
})

/**
 * Shows how far a run has come while the effect works: a frame on a terminal, elsewhere a line every ten seconds.
 * `heard`: who else hears what happens.
 */
export const withDisplay =
  ({ noProgress, quiet }: OutputFlags, heard: (event: ProgressEvent) => Effect.Effect<void> = () => Effect.void) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | GeoLocator> =>
    Effect.gen(function* () {
      if (noProgress || quiet) return yield* Effect.provideService(effect, Progress, heard)
      const { follow, view } = yield* makeFollower
      const told = Effect.provideService(effect, Progress, (event) => Effect.andThen(follow(event), heard(event)))
      if (canAnimate(process.stderr, process.env)) {
        return yield* Effect.provideService(told, Console.Console, yield* makeAnimation(view))
      }
      const line = Effect.flatMap(view, (now) => {
        const text = progressLine(now)
        return text === "" ? Effect.void : Console.error(text)
      })
      yield* Effect.forkScoped(Effect.repeat(Effect.delay(line, "10 seconds"), Schedule.forever))
      return yield* told
    }).pipe(Effect.scoped)
