// Places the users without a place, such as those that were loaded without a locator: at once as far as possible.

import { Array as Arr, Duration, Effect, Stream } from "effect"
import type { Location } from "../domain/Location.ts"
import { answerTexts, GeoLocator } from "../geo/GeoLocator.ts"
import { monotonicMillis } from "../observability/monotonic.ts"
import { LocationQueue } from "../repo/LocationQueue.ts"
import { UserRepo } from "../repo/UserRepo.ts"
import type { AddressTally } from "./AddressTally.ts"

/** Addresses whose users one statement places, at most. */
const placedTogether = 5_000

/** Statements under way: while the database places addresses, others are looked up. */
const placedAtOnce = 2

/** Places the users of addresses that the locator knows at once, and returns the other addresses. */
const placeKnown = Effect.fnUntraced(function* (addresses: ReadonlyArray<string>, tally: AddressTally) {
  const locator = yield* GeoLocator
  if (locator.instant === undefined) return addresses
  const { local } = yield* answerTexts(locator, addresses)
  const places = new Map<string, Location>()
  for (const [address, answer] of local) if (answer._tag === "Located") places.set(address, answer.location)
  if (places.size === 0) return addresses
  yield* (yield* LocationQueue).placeAtOnce(places, (yield* UserRepo).place)
  yield* tally.count("local", { located: places.size, unlocatable: {} })
  return addresses.filter((address) => !places.has(address))
})

/**
 * Users whose address is answered already get their place at once; the other addresses are queued. When the time is up,
 * all that are left are queued. Returns the time that is left; undefined: it is not limited.
 */
export const placeUnplaced = Effect.fn("Locating.placeUnplaced")(function* (
  tally: AddressTally,
  locateFor: Duration.Duration | undefined,
) {
  const { connections = 1, place, unplaced = Stream.empty } = yield* UserRepo
  const { queue } = yield* LocationQueue
  const start = yield* monotonicMillis
  const timeLeft = Effect.map(
    monotonicMillis,
    (now) => locateFor && Duration.subtract(locateFor, Duration.millis(now - start)),
  )

  const placeOrQueue = Effect.fnUntraced(function* (addresses: ReadonlyArray<string>) {
    const left = yield* timeLeft
    const isUp = left !== undefined && Duration.isZero(left)
    const others = isUp ? addresses : yield* placeKnown(addresses, tally)
    if (others.length > 0) yield* place(yield* queue(others))
  })

  // A page is read when the one before is placed: its users would come again.
  yield* Stream.runForEach(unplaced, (page) =>
    Effect.forEach(Arr.chunksOf(page, placedTogether), placeOrQueue, {
      concurrency: Math.min(connections, placedAtOnce),
      discard: true,
    }),
  )
  return yield* timeLeft
})
