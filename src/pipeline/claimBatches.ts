// The stream of pending addresses: claimed, answered at once as far as possible, the rest in batches for a service.

import { Deferred, Effect, Stream } from "effect"
import type { Address } from "../domain/Address.ts"
import { tally } from "../domain/Location.ts"
import { answerTexts, GeoLocator } from "../geo/GeoLocator.ts"
import type { Claims } from "../repo/LocationQueue.ts"
import { UserRepo } from "../repo/UserRepo.ts"
import type { AddressTally } from "./AddressTally.ts"

export interface ClaimOptions {
  /** Done when no more addresses will come. */
  readonly loaded: Deferred.Deferred<void>
  /** Counts the answers. */
  readonly addressTally: AddressTally
  /** The run whose addresses are waited for while other processes have claimed them; undefined: all addresses. */
  readonly runId: number | undefined
}

/** Addresses that are claimed together where most need no service. */
const localBatchSize = 5_000

/** How often to look for addresses that are queued, or claimed by other processes. */
const pollInterval = "500 millis"

/** A pending address, and the text that the queue stores: in an adopted table it may have any form. */
export interface ClaimedAddress {
  readonly stored: string
  readonly address: Address
}

/** Commits the answers that need no service. Returns the addresses that are left. */
const settleAtOnce = Effect.fnUntraced(function* (
  claims: Claims,
  addressTally: AddressTally,
  texts: ReadonlyArray<string>,
) {
  const { byRule, local, open } = yield* answerTexts(yield* GeoLocator, texts)
  yield* claims.settle(new Map([...byRule, ...local]), (yield* UserRepo).place)
  yield* addressTally.count("rule", tally(byRule))
  yield* addressTally.count("local", tally(local))
  return Array.from(open, ([stored, address]): ClaimedAddress => ({ stored, address }))
})

/**
 * Full batches while users load; the last one may be smaller. Ends when no more addresses will come and the rest is
 * claimed by other processes, none of it the run's.
 */
export const claimBatches = (claims: Claims, { addressTally, loaded, runId }: ClaimOptions) =>
  Stream.unwrap(
    Effect.map(GeoLocator, ({ instant, service }) => {
      const batchSize = service?.batchSize ?? localBatchSize
      const claimSize = instant === undefined ? batchSize : Math.max(batchSize, localBatchSize)
      const open: Array<ClaimedAddress> = []

      const nextBatch = Effect.gen(function* () {
        for (;;) {
          if (open.length >= batchSize) return open.splice(0, batchSize)
          // Checked before the claim: an address that is queued in between is found by the next one.
          const isComplete = yield* Deferred.isDone(loaded)
          // A request costs the quota the same however few addresses it has.
          const claimed = yield* claims.take(claimSize, isComplete ? 1 : batchSize - open.length)
          if (claimed.length > 0) open.push(...(yield* settleAtOnce(claims, addressTally, claimed)))
          else if (isComplete && (open.length > 0 || !(yield* claims.othersWait(runId)))) return open.splice(0)
          else
            yield* isComplete ? Effect.sleep(pollInterval) : Effect.timeoutOption(Deferred.await(loaded), pollInterval)
        }
      })

      return Stream.fromEffectRepeat(nextBatch).pipe(Stream.takeWhile((batch) => batch.length > 0))
    }),
  )
