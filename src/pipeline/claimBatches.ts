// The stream of addresses that the queue holds, claimed and answered at once as far as possible, in batches for a service.

import { Deferred, Effect, Result, Stream } from "effect"
import { parseAddress } from "../domain/Address.ts"
import { Answer, type Answers, tally } from "../domain/Location.ts"
import { answerAtOnce, GeoLocator } from "../geo/GeoLocator.ts"
import type { Claims } from "../repo/LocationQueue.ts"
import type { AddressTally } from "./AddressTally.ts"

export interface ClaimOptions {
  /** Done when no more addresses will come. */
  readonly loaded: Deferred.Deferred<void>
  /** Where answers are counted. */
  readonly addressTally: AddressTally
  /** The run that waits for its addresses while other processes have claimed them; undefined: for all addresses. */
  readonly runId: number | undefined
}

/** Addresses that are claimed together where most need no service. */
const localBatchSize = 5_000

/** Between two looks for addresses that are queued, or claimed by other processes. */
const glance = "500 millis"

/** The addresses of an adopted table may be written in any way, or be none. */
export const canonicalOf = (address: string): string | undefined => Result.getOrUndefined(parseAddress(address))

/** The answers of their canonical forms for addresses as they are queued. */
const answersFor = (addresses: ReadonlyArray<string>, answers: Answers): Answers =>
  new Map(
    addresses.flatMap((address) => {
      const answer = answers.get(canonicalOf(address) ?? address)
      return answer === undefined ? [] : [[address, answer] as const]
    }),
  )

/** Commits the answers that need no service. Gives the addresses that are left. */
const settleAtOnce = Effect.fnUntraced(function* (
  claims: Claims,
  addressTally: AddressTally,
  addresses: ReadonlyArray<string>,
) {
  const locator = yield* GeoLocator
  const canonical = new Set(addresses.flatMap((address) => canonicalOf(address) ?? []))
  const { byRule, local, open } = yield* answerAtOnce(locator, canonical)
  const senseless = addresses.filter((address) => canonicalOf(address) === undefined)
  const none = senseless.map((address) => [address, Answer.unlocatable("not an address")] as const)
  const ruled = new Map([...answersFor(addresses, byRule), ...none])
  const known = answersFor(addresses, local)
  yield* claims.settle(new Map([...ruled, ...known]))
  yield* addressTally.count("rule", tally(ruled))
  yield* addressTally.count("local", tally(known))
  const left = new Set(open)
  return addresses.filter((address) => left.has(canonicalOf(address) ?? ""))
})

/**
 * Full batches while users load; the last one may be smaller. Ends when no more addresses will come and what is left is
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
          // Asked before the claim: an address that is queued in between is found by the next one.
          const isComplete = yield* Deferred.isDone(loaded)
          // A request costs the quota the same however few addresses it has.
          const claimed = yield* claims.take(claimSize, isComplete ? 1 : batchSize - open.length)
          if (claimed.length > 0) open.push(...(yield* settleAtOnce(claims, addressTally, claimed)))
          else if (isComplete && (open.length > 0 || !(yield* claims.othersWait(runId)))) return open.splice(0)
          else yield* isComplete ? Effect.sleep(glance) : Effect.timeoutOption(Deferred.await(loaded), glance)
        }
      })

      return Stream.fromEffectRepeat(nextBatch).pipe(Stream.takeWhile((batch) => batch.length > 0))
    }),
  )
