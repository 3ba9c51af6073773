import { assert, it } from "@effect/vitest"
import { Schema } from "effect"
import { Location } from "../../src/domain/Location.ts"
import { PlaceTable } from "../../src/domain/PlaceTable.ts"

const Text = Schema.NullOr(Schema.String.check(Schema.makeFilter((text: string) => text.isWellFormed())))

const Place = Schema.Struct({
  ...Location.fields,
  country: Text,
  region: Text,
  city: Text,
  timezone: Text,
  isp_name: Text,
})

it.prop("a place comes back by its number", { places: Schema.Array(Place) }, ({ places }) => {
  const table = new PlaceTable()
  const numbers = places.map((place) => table.add(place))
  assert.deepStrictEqual(
    numbers,
    places.map((_, index) => index + 1),
  )
  assert.deepStrictEqual(
    numbers.map((number) => table.location(number)),
    places,
  )
})

it("a table grows", () => {
  const table = new PlaceTable()
  const place = (index: number): Location => ({
    latitude: index / 100,
    longitude: -index / 100,
    country: null,
    region: "",
    city: `Tromsø ${index}`.repeat(5),
    timezone: null,
    isp_name: `${index}`,
  })
  for (let index = 0; index < 5_000; index++) assert.strictEqual(table.add(place(index)), index + 1)
  for (let index = 0; index < 5_000; index += 7) assert.deepStrictEqual(table.location(index + 1), place(index))
})
