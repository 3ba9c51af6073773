// Shows progress while a run works.

import { styleText } from "node:util"
import { Console, Effect, Schedule } from "effect"
import { monotonicMillis } from "../../observability/monotonic.ts"
import { advance, bytesRead, nothingYet, Progress, type ProgressEvent } from "../../observability/Progress.ts"
import { GeoLocator, rateOf } from "../../geo/GeoLocator.ts"
import type { OutputFlags } from "../flags/outputFlags.ts"
import { progressFrame, progressLine, type View } from "./progressText.ts"

/** Narrower terminals get lines instead of a frame. */
const minColumns = 40

/** Milliseconds over which speeds are measured. */
const speedWindow = 10_000

/** Whether a frame can be redrawn on the stream. */
const canAnimate = ({ columns, isTTY }: NodeJS.WriteStream, { CI, TERM }: NodeJS.ProcessEnv): boolean =>
  isTTY && columns >= minColumns && TERM !== "dumb" && (CI === undefined || CI === "" || CI === "false")

/** Keeps the progress of a run from its events. */
const makeTracker = Effect.gen(function* () {
  const { service } = yield* GeoLocator
  let state = nothingYet
  let samples = [{ at: yield* monotonicMillis, records: 0, bytes: 0 }]

  const view = Effect.map(monotonicMillis, (now): View => {
    const latest = { at: now, records: state.written.read, bytes: bytesRead(state) }
    // The last sample is kept even if it is older: the view may be read less often.
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

/** Draws a frame on stderr; what is printed meanwhile goes above it. The last frame stays. */
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
 * Shows the progress of a run while the effect works: a frame on a terminal, elsewhere a line every ten seconds.
 * `onEvent`: also receives each event.
 */
export const withDisplay =
  ({ noProgress, quiet }: OutputFlags, onEvent: (event: ProgressEvent) => Effect.Effect<void> = () => Effect.void) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | GeoLocator> =>
    Effect.gen(function* () {
      if (noProgress || quiet) return yield* Effect.provideService(effect, Progress, onEvent)
      const { follow, view } = yield* makeTracker
      const tracked = Effect.provideService(effect, Progress, (event) => Effect.andThen(follow(event), onEvent(event)))
      if (canAnimate(process.stderr, process.env)) {
        return yield* Effect.provideService(tracked, Console.Console, yield* makeAnimation(view))
      }
      const line = Effect.flatMap(view, (now) => {
        const text = progressLine(now)
        return text === "" ? Effect.void : Console.error(text)
      })
      yield* Effect.forkScoped(Effect.repeat(Effect.delay(line, "10 seconds"), Schedule.forever))
      return yield* tracked
    }).pipe(Effect.scoped)
