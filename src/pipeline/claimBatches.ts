// The stream of pending addresses: claimed, answered at once as far as possible, the rest in batches for a service.

import { Deferred, Effect, Result, Stream } from "effect"
import * as Address from "../domain/Address.ts"
import { Answer, type Answers, tally } from "../domain/Location.ts"
import { answerAtOnce, GeoLocator } from "../geo/GeoLocator.ts"
import type { Claims, StoredAnswers } from "../repo/LocationQueue.ts"
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
  readonly address: Address.Address
}

/** The answers for addresses as they are stored. */
const byStored = (claimed: ReadonlyArray<ClaimedAddress>, answers: Answers): StoredAnswers =>
  new Map(
    claimed.flatMap(({ stored, address }) => {
      const answer = answers.get(address)
      return answer === undefined ? [] : [[stored, answer] as const]
    }),
  )

/** Commits the answers that need no service. Returns the addresses that are left. */
const settleAtOnce = Effect.fnUntraced(function* (
  claims: Claims,
  addressTally: AddressTally,
  texts: ReadonlyArray<string>,
) {
  const parsed = texts.map((stored) => ({ stored, address: Result.getOrUndefined(Address.parse(stored)) }))
  const claimed = parsed.filter((it): it is ClaimedAddress => it.address !== undefined)
  const invalid = parsed.filter(({ address }) => address === undefined)
  const { byRule, local, open } = yield* answerAtOnce(yield* GeoLocator, new Set(claimed.map(({ address }) => address)))
  const none = invalid.map(({ stored }) => [stored, Answer.unlocatable("not an address")] as const)
  const ruled = new Map([...byStored(claimed, byRule), ...none])
  const known = byStored(claimed, local)
  yield* claims.settle(new Map([...ruled, ...known]))
  yield* addressTally.count("rule", tally(ruled))
  yield* addressTally.count("local", tally(known))
  const left = new Set(open)
  return claimed.filter(({ address }) => left.has(address))
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
