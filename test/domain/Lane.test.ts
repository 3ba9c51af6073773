import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { plainFormat } from "../../src/domain/Format.ts"
import type { Chunk } from "../../src/domain/Chunk.ts"
import { earliest, shares } from "../../src/domain/Lane.ts"
import { laneCount, laneOf } from "../../src/domain/laneOf.ts"
import { RowSet } from "../../src/domain/rows/RowSet.ts"
import { makeUser } from "../utils/records.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const raw = new Uint8Array()
const position = (index: number) => ({ byteOffset: index * 10, line: index + 1 })

/** Records `first` to `last - 1` of a file: every third is a reject. */
const makeChunk = (first: number, last: number): Chunk => {
  const numbers = Array.from({ length: last - first }, (_, index) => first + index)
  return {
    rows: RowSet.of(
      numbers
        .filter((number) => number % 3 !== 0)
        .map((number) => ({
          user: makeUser({ email: `user${number}@example.com` }),
          instant: null,
          fileId: 1,
          byteOffset: number * 10,
          line: number + 1,
          raw,
        })),
    ).rows,
    rejects: numbers
      .filter((number) => number % 3 === 0)
      .map((number) => ({ byteOffset: number * 10, line: number + 1, raw, length: 0, reasons: [] })),
    from: position(first),
    to: position(last),
    header: raw,
    format: plainFormat,
    isLast: false,
  }
}

describe("shares", () => {
  it.prop(
    "hold every record of a chunk once, except those that an earlier attempt has committed, and move each lane that is behind",
    {
      bounds: Schema.Tuple([between(0, 100), between(1, 60)]),
      count: between(1, laneCount),
      committed: Schema.Union([
        Schema.Tuple([]),
        Schema.Array(between(0, 160)).check(Schema.isMinLength(16), Schema.isMaxLength(16)),
      ]),
    },
    ({ bounds: [first, length], count, committed }) => {
      const chunk = makeChunk(first, first + length)
      const lanes = committed.map(position)
      const start = (lane: number) => Math.max(chunk.from.byteOffset, lanes[lane]?.byteOffset ?? 0)
      const divided = shares(chunk, count, lanes)
      assert.lengthOf(divided, count)

      const users = RowSet.all(chunk.rows).records.filter(
        ({ user, byteOffset }) => byteOffset >= start(laneOf(user.email)),
      )
      assert.deepStrictEqual(
        divided.flatMap(({ users }) => users.records).sort((left, right) => left.byteOffset - right.byteOffset),
        users,
      )
      assert.deepStrictEqual(
        divided.flatMap(({ rejects }) => rejects),
        chunk.rejects.filter(({ byteOffset }) => byteOffset >= start(0)),
      )
      const moved = divided.flatMap(({ checkpoint }) => (checkpoint._tag === "Lanes" ? checkpoint.lanes : []))
      assert.deepStrictEqual(
        moved.toSorted((left, right) => left.lane - right.lane),
        Array.from({ length: laneCount }, (_, lane) => ({ lane, byteOffset: start(lane) })).filter(
          ({ byteOffset }) => byteOffset < chunk.to.byteOffset,
        ),
      )
      for (const { users, checkpoint } of divided) {
        const own = new Set(checkpoint._tag === "Lanes" ? checkpoint.lanes.map(({ lane }) => lane) : [])
        assert.isTrue(users.records.every(({ user }) => own.has(laneOf(user.email))))
        assert.deepStrictEqual(
          users.records,
          [...users.records].sort((left, right) => left.byteOffset - right.byteOffset),
        )
      }
    },
  )

  it("give a connection the same lanes in every chunk", () => {
    const lanesOf = (chunk: Chunk) =>
      shares(chunk, 3, []).map(
        ({ checkpoint }) => checkpoint._tag === "Lanes" && checkpoint.lanes.map(({ lane }) => lane),
      )
    assert.deepStrictEqual(lanesOf(makeChunk(0, 5)), lanesOf(makeChunk(5, 50)))
  })
})

describe("laneOf", () => {
  it("never changes: unfinished loads of earlier versions depend on it", () => {
    assert.deepStrictEqual(["a@example.com", "b@example.com", "zoë@example.com", ""].map(laneOf), [7, 9, 13, 9])
  })

  it("spreads e-mails that differ little evenly", () => {
    const sizes = Array.from({ length: laneCount }, () => 0)
    for (let number = 0; number < 16_000; number++) sizes[laneOf(`user${number}@example.com`)]!++
    assert.isTrue(
      sizes.every((size) => size > 800 && size < 1_200),
      sizes.join(),
    )
  })
})

describe("earliest", () => {
  it("is the position of the lane that is furthest behind", () => {
    assert.deepStrictEqual(earliest([position(3), position(1), position(2)]), position(1))
  })
})
