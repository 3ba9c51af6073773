import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { compareInstants, firstInstant, instantText, momentAt } from "../../src/domain/Moment.ts"

const intBetween = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const instant = {
  seconds: Schema.Union([intBetween(-62_135_596_800, 253_402_300_799), intBetween(-2, 2)]),
  micros: intBetween(0, 999_999),
}

describe("instantText", () => {
  it.prop("is that of JavaScript's dates, with microseconds", instant, ({ seconds, micros }) => {
    const text = new Date(seconds * 1000).toISOString().replace(".000Z", `.${String(micros).padStart(6, "0")}Z`)
    assert.strictEqual(instantText(momentAt(seconds, micros)), text)
    assert.strictEqual(momentAt(seconds, micros).day, text.slice(0, 10))
  })

  it("has the year 10000, where an offset leads to it, as PostgreSQL reads it", () => {
    assert.strictEqual(instantText(momentAt(253_402_300_800, 0)), "10000-01-01T00:00:00.000000Z")
  })
})

describe("compareInstants", () => {
  it.prop("orders instants as their texts", { left: Schema.Struct(instant), right: Schema.Struct(instant) }, (both) => {
    const [left, right] = [both.left, both.right].map(({ seconds, micros }) => momentAt(seconds, micros))
    const [before, after] = [left!, right!].map(instantText)
    assert.strictEqual(Math.sign(compareInstants(left!, right!)), before! < after! ? -1 : Number(before! > after!))
  })

  it("has none before any", () => {
    const first = momentAt(-62_135_596_800, 0)
    assert.isBelow(compareInstants(null, first), 0)
    assert.isAbove(compareInstants(first, null), 0)
    assert.strictEqual(compareInstants(null, null), 0)
  })

  it("tells microseconds apart", () => {
    assert.isBelow(compareInstants(momentAt(1, 1), momentAt(1, 2)), 0)
    assert.strictEqual(compareInstants(momentAt(1, 1), momentAt(1, 1)), 0)
  })
})

describe("firstInstant", () => {
  it.prop("is that of JavaScript's dates", { seconds: instant.seconds }, ({ seconds }) => {
    const day = new Date(seconds * 1000).toISOString().slice(0, 10)
    assert.deepStrictEqual(firstInstant(day), { seconds: Date.parse(day) / 1000, micros: 0 })
  })

  it("is none without a day", () => {
    assert.strictEqual(firstInstant(null), null)
  })
})
