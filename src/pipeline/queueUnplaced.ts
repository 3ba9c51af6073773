// Queues the addresses of users without a place, such as those that were loaded without a locator.

import { Effect, Stream } from "effect"
import { LocationQueue } from "../repo/LocationQueue.ts"
import { UserRepo } from "../repo/UserRepo.ts"

/** Users whose address is answered already get their place at once. */
export const queueUnplaced = Effect.gen(function* () {
  const { place, unplaced } = yield* UserRepo
  const { queue } = yield* LocationQueue
  if (unplaced === undefined) return
  yield* Stream.runForEach(unplaced, (addresses) => Effect.flatMap(queue(addresses), place))
}).pipe(Effect.withSpan("Locating.queueUnplaced"))
