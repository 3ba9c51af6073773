// Places the users without a place, such as those that were loaded without a locator: at once as far as possible.

import { Effect, Stream } from "effect"
import { answerTexts, GeoLocator } from "../geo/GeoLocator.ts"
import { LocationQueue } from "../repo/LocationQueue.ts"
import { type AddressPlace, UserRepo } from "../repo/UserRepo.ts"
import type { AddressTally } from "./AddressTally.ts"

/** Arrays of addresses under way: while the database places one, another is looked up. */
const placedAtOnce = 2

/** Places the users of addresses that the locator knows, and returns the other addresses. */
const placeKnown = Effect.fnUntraced(function* (addresses: ReadonlyArray<string>, tally: AddressTally) {
  const locator = yield* GeoLocator
  if (locator.instant === undefined) return addresses
  const { place } = yield* UserRepo
  const { local } = yield* answerTexts(locator, addresses)
  const others: Array<string> = []
  const places: Array<AddressPlace> = []
  for (const address of addresses) {
    const answer = local.get(address)
    if (answer?._tag === "Located") places.push({ address, location: answer.location, replaces: false })
    else others.push(address)
  }
  yield* place(places)
  yield* tally.count("local", { located: places.length, unlocatable: {} })
  return others
})

/** Users whose address is answered already get their place at once; the other addresses are queued. */
export const placeUnplaced = Effect.fn("Locating.placeUnplaced")(function* (tally: AddressTally) {
  const { connections = 1, place, unplaced } = yield* UserRepo
  const { queue } = yield* LocationQueue
  if (unplaced === undefined) return
  const placeOrQueue = Effect.fnUntraced(function* (addresses: ReadonlyArray<string>) {
    const others = yield* placeKnown(addresses, tally)
    if (others.length > 0) yield* place(yield* queue(others))
  })
  yield* unplaced.pipe(
    Stream.mapEffect(placeOrQueue, { concurrency: Math.min(connections, placedAtOnce), unordered: true }),
    Stream.runDrain,
  )
})
