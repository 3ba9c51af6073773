import { Buffer } from "node:buffer"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { upToByte } from "../../src/domain/byteRange.ts"

const Bytes = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))).check(
  Schema.isMaxLength(20),
)

describe("upToByte", () => {
  it.effect.prop(
    "gives the first bytes, requests no piece after them, and closes the stream with the last",
    {
      pieces: Schema.Array(Bytes).check(Schema.isMaxLength(20)),
      count: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 150 })),
      together: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 })),
    },
    ({ pieces, count, together }) =>
      Effect.gen(function* () {
        const whole = pieces.flat()
        let asked = 0
        let isClosed = false
        const taken = yield* Stream.fromIterable(pieces, { chunkSize: 1 }).pipe(
          Stream.tap(() => Effect.sync(() => asked++)),
          Stream.map((piece) => Uint8Array.from(piece)),
          Stream.ensuring(Effect.sync(() => (isClosed = true))),
          Stream.rechunk(together),
          upToByte(count),
          Stream.concat(Stream.fromEffectDrain(Effect.sync(() => assert.isTrue(isClosed || count === 0)))),
          Stream.runCollect,
        )
        assert.deepStrictEqual(Buffer.concat(taken), Buffer.from(whole.slice(0, count)))
        const needed = pieces.findIndex((_, index) => pieces.slice(0, index + 1).flat().length >= count) + 1
        const enough = needed === 0 ? pieces.length : Math.ceil(needed / together) * together
        assert.strictEqual(asked, count === 0 ? 0 : Math.min(pieces.length, enough))
      }),
  )
})
