// The stream of pending addresses: claimed, answered at once as far as possible, the rest in batches for a service.

import { Deferred, Effect, Result, Stream } from "effect"
import { parseAddress } from "../domain/Address.ts"
import { Answer, type Answers, tally } from "../domain/Location.ts"
import { answerAtOnce, GeoLocator } from "../geo/GeoLocator.ts"
import type { Claims } from "../repo/LocationQueue.ts"
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

/** An address in canonical form; undefined: it is none. Those of an adopted table may have any form. */
export const canonicalOf = (address: string): string | undefined => Result.getOrUndefined(parseAddress(address))

/** The answers for addresses as they are queued, from those of their canonical forms. */
const answersFor = (addresses: ReadonlyArray<string>, answers: Answers): Answers =>
  new Map(
    addresses.flatMap((address) => {
      const answer = answers.get(canonicalOf(address) ?? address)
      return answer === undefined ? [] : [[address, answer] as const]
    }),
  )

/** Commits the answers that need no service. Returns the addresses that are left. */
const settleAtOnce = Effect.fnUntraced(function* (
  claims: Claims,
  addressTally: AddressTally,
  addresses: ReadonlyArray<string>,
) {
  const locator = yield* GeoLocator
  const canonical = new Set(addresses.flatMap((address) => canonicalOf(address) ?? []))
  const { byRule, local, open } = yield* answerAtOnce(locator, canonical)
  const invalid = addresses.filter((address) => canonicalOf(address) === undefined)
  const none = invalid.map((address) => [address, Answer.unlocatable("not an address")] as const)
  const ruled = new Map([...answersFor(addresses, byRule), ...none])
  const known = answersFor(addresses, local)
  yield* claims.settle(new Map([...ruled, ...known]))
  yield* addressTally.count("rule", tally(ruled))
  yield* addressTally.count("local", tally(known))
  const left = new Set(open)
  return addresses.filter((address) => left.has(canonicalOf(address) ?? ""))
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
      const open: Array<string> = []

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
