import { assert, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Stopwatch } from "../../src/observability/Stopwatch.ts"

it.effect("adds up what overlaps; decoding is what pulling takes beyond the bytes and the room for them", () =>
  Effect.gen(function* () {
    const stopwatch = new Stopwatch()
    const bytes = Stream.tap(Stream.make(1, 2), () => Effect.sleep("10 millis")).pipe(stopwatch.timePulls("extract"))
    const decoded = bytes.pipe(
      Stream.tap(() => stopwatch.time("room")(Effect.sleep("100 millis"))),
      Stream.mapEffect((element) => Effect.delay(Effect.succeed(element), "5 millis")),
      stopwatch.timePulls("decode"),
      Stream.runDrain,
    )
    const writes = stopwatch.time("load")(Effect.sleep("50 millis"))
    yield* Effect.forkChild(
      Effect.all([decoded, writes, writes, Effect.ignore(stopwatch.time("locate")(Effect.fail(1)))], {
        concurrency: 4,
      }),
    )
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(stopwatch.times, { extract: 20, transform: 10, locate: 0, load: 100 })
  }),
)
