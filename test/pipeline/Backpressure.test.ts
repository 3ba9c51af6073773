import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { plainFormat } from "../../src/domain/Format.ts"
import type { Chunk } from "../../src/domain/Chunk.ts"
import { Rows } from "../../src/domain/rows/Rows.ts"
import { RowSet } from "../../src/domain/rows/RowSet.ts"
import { Stopwatch } from "../../src/observability/Stopwatch.ts"
import * as Backpressure from "../../src/pipeline/Backpressure.ts"
import { makeUser } from "../utils/records.ts"

const start = { byteOffset: 0, line: 1 }
const raw = new Uint8Array()
const empty: Chunk = {
  rows: new Rows(0, 0),
  rejects: [],
  from: start,
  to: start,
  header: raw,
  format: plainFormat,
  isLast: false,
}

const chunkOfBytes: Chunk = { ...empty, to: { byteOffset: 8 * 1024 * 1024, line: 2 } }
const chunkOfReasons: Chunk = {
  ...empty,
  rejects: Array.from({ length: 10_000 }, (_, index) => ({
    byteOffset: index,
    line: index,
    raw,
    length: 1,
    reasons: Array.from({ length: 10 }, () => ({ column: "email", message: "is not a valid e-mail address" })),
  })),
}

const chunkOfBadValues: Chunk = {
  ...empty,
  rows: RowSet.of(
    Array.from({ length: 10_000 }, (_, byteOffset) => ({
      user: makeUser({}),
      instant: null,
      fileId: 1,
      byteOffset,
      line: byteOffset,
      raw,
      blanked: Array.from({ length: 10 }, () => ({ column: "status", message: "is not a valid status or a word" })),
    })),
  ).rows,
}

describe("Backpressure", () => {
  for (const [what, large] of [
    ["bytes", chunkOfBytes],
    ["reasons", chunkOfReasons],
    ["bad values", chunkOfBadValues],
  ] as const) {
    it.effect(`lets no other chunk begin beside one of many ${what}`, () =>
      Effect.gen(function* () {
        const pressure = yield* Backpressure.make(new Stopwatch())
        const enter = (chunk: Chunk) => Stream.runDrain(pressure.enter(Stream.succeed(chunk)))
        const waitForRoom = Stream.runDrain(pressure.waitForRoom(Stream.succeed(raw)))
        yield* enter(empty)
        yield* enter(large)
        const room = yield* Effect.forkChild(waitForRoom, { startImmediately: true })
        const next = yield* Effect.forkChild(enter(empty), { startImmediately: true })
        yield* pressure.leave(empty)
        yield* Effect.yieldNow
        assert.isUndefined(room.pollUnsafe())
        assert.isUndefined(next.pollUnsafe())
        yield* pressure.leave(large)
        yield* Fiber.join(room)
        yield* Fiber.join(next)
      }),
    )
  }
})
