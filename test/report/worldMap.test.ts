import { all } from "iso-3166-1"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { joinCountries } from "../../src/report/countries.ts"
import { classBounds, worldMap } from "../../src/report/worldMap.ts"
import { readMarkup } from "../utils/markup.ts"

const Count = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 2 ** 40 }))

const draw = (shares: Parameters<typeof joinCountries>[0], rest: { unlisted?: number; nowhere?: number } = {}) =>
  readMarkup(
    worldMap({ countries: joinCountries(shares), bins: [], total: 1000, unlisted: 0, nowhere: 0, ...rest }).markup,
  )

describe("worldMap", () => {
  it.prop("has at most six classes, the first of which begins at 1, for any count", { most: Count }, ({ most }) => {
    const bounds = classBounds(most)
    assert.isAtMost(bounds.length, 6)
    assert.strictEqual(bounds[0], 1)
    assert.isTrue(bounds.every((bound, index) => index === 0 || bound > bounds[index - 1]!))
    assert.isAtMost(bounds.at(-1)!, most)
    // No class holds all.
    if (most > 1) assert.isAbove(bounds.length, 1)
  })

  it("draws every country of ISO, those without a shape as dots", () => {
    const place = { latitude: 10, longitude: 20 }
    const { elements, text } = draw(
      all().map(({ alpha3, alpha2 }) => ({ name: nameOf(alpha2), users: alpha3.length, place })),
    )
    const titles = text.match(/: 3 users \(0\.3%\)/g) ?? []
    // The three of the most users are named in the description too; Antarctica has no shape, but a place.
    assert.strictEqual(titles.length, all().length + 3)
    assert.isAbove(elements.filter((name) => name === "circle").length, 60)
    assert.notInclude(text, "Not on the map")
  })

  it("tells what it cannot draw", () => {
    const shares = [
      { name: "Atlantis", users: 4, place: { latitude: 1, longitude: 1 } },
      { name: "Malta", users: 3, place: null },
      { name: "Germany", users: 2, place: null },
    ]
    const { text } = draw(shares, { unlisted: 2, nowhere: 991 })
    assert.include(
      text,
      "Not on the map: Atlantis (4 users), Malta (3 users), 2 more countries and 991 users without a country.",
    )
  })
})

const names = new Intl.DisplayNames("en", { type: "region" })
const nameOf = (code: string): string => names.of(code)!
