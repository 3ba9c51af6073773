// The suites of the library prove that own.ts keeps the promises.

import { it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as Testing from "user-activity-etl/testing"
import { locatorOf, People, sourceOf, type Store, usersInPeople } from "./own.ts"

const files = { "1.csv": "Mail\nada@example.com\n", "2.csv": "Mail\nbo@example.com\n" }
const encoder = new TextEncoder()
const contents = new Map(Object.entries(files).map(([key, text]) => [key, encoder.encode(text)]))
const store: Store = {
  list: async () => [...contents].map(([key, { length: size }]) => ({ key, version: "1", size })),
  get: async (key, _version, start) => contents.get(key)?.subarray(start),
}

const london = Testing.place({ latitude: 51.5, longitude: -0.1, city: "London" })
const ask = async (addresses: ReadonlyArray<string>) =>
  addresses.includes("81.2.69.142") ? { "81.2.69.142": london } : {}

const people = usersInPeople.pipe(Layer.provideMerge(People.layer))
const stored = Effect.map(People, (people) => [...people.values()])

for (const { check, name } of [
  ...Testing.sourceChecks({ layer: sourceOf(store), files }),
  ...Testing.geoLocatorChecks({
    layer: locatorOf(ask),
    known: ["81.2.69.142"],
    unknown: ["8.8.8.8"],
  }),
  ...Testing.userRepoChecks({ layer: people, stored }),
]) {
  it.effect(name, () => check)
}
