import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { TimeUnit, type Timeline } from "../../src/domain/ReportData.ts"
import { timelineChart } from "../../src/report/timeline.ts"
import { readMarkup } from "../utils/markup.ts"

const chart = (timeline: Partial<Timeline>) =>
  readMarkup(timelineChart({ unit: "day", spans: [], before: 0, after: 0, missing: 0, ...timeline }).markup)

const starts: Readonly<Record<TimeUnit, readonly [first: string, second: string, fourth: string]>> = {
  day: ["2024-02-28", "2024-02-29", "2024-03-02"],
  week: ["2025-12-22", "2025-12-29", "2026-01-12"],
  month: ["2025-11-01", "2025-12-01", "2026-02-01"],
  quarter: ["2025-07-01", "2025-10-01", "2026-04-01"],
  year: ["0098-01-01", "0099-01-01", "0101-01-01"],
  decade: ["0001-01-01", "0010-01-01", "0030-01-01"],
  century: ["1801-01-01", "1901-01-01", "2101-01-01"],
}

describe("timelineChart", () => {
  it.prop(
    "draws each span where the calendar has it, and leaves room for those without users",
    { unit: TimeUnit },
    ({ unit }) => {
      const [first, second, fourth] = starts[unit]
      const { attributes, elements } = chart({
        unit,
        spans: [first, second, fourth].map((start) => ({ start, users: 2 })),
      })
      const lefts = attributes.flatMap(([element, name, value]) =>
        element === "rect" && name === "x" ? Number(value) : [],
      )
      assert.strictEqual(elements.filter((name) => name === "rect").length, 3)
      assert.approximately(lefts[2]! - lefts[1]!, 2 * (lefts[1]! - lefts[0]!), 0.2)
    },
  )

  it.prop(
    "stays in its frame, for any counts",
    {
      users: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 2 ** 40 }))).check(
        Schema.isMinLength(1),
      ),
    },
    ({ users }) => {
      const spans = users.map((count, index) => ({
        start: new Date(Date.UTC(2024, 0, 1 + index)).toISOString().slice(0, 10),
        users: count,
      }))
      const bars = chart({ spans }).attributes.filter(([element]) => element === "rect")
      const numbers = (name: string) =>
        bars.flatMap(([, attribute, value]) => (attribute === name ? Number(value) : []))
      const [tops, heights] = [numbers("y"), numbers("height")]
      assert.strictEqual(tops.length, users.length)
      for (const [index, top] of tops.entries()) {
        assert.isAtLeast(top, 0)
        assert.isAbove(heights[index]!, 0)
        assert.approximately(top + heights[index]!, 240, 0.2)
      }
    },
  )

  it("tells what is not drawn", () => {
    const { text } = chart({ spans: [{ start: "2024-02-28", users: 1 }], before: 1, after: 2000, missing: 3 })
    assert.include(text, "Not drawn: 1 user long before, 2,000 users long after and 3 users without a date.")
    assert.include(chart({}).text, "No user has a date of creation yet.")
  })
})
