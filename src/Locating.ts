import { Deferred, Effect, Ref, Stream } from "effect"
import { Answer, type Answers } from "./domain/Location.ts"
import { type AnsweredCounts, countAnswers } from "./domain/RunSummary.ts"
import { GeoLocatorError, type GeoService } from "./geo/GeoLocator.ts"
import { LocationQueue } from "./repo/LocationQueue.ts"

const count = (answers: Answers, tag: Answer["_tag"]): number =>
  [...answers.values()].filter((answer) => answer._tag === tag).length

/**
 * Asks the service for the addresses that wait, in full batches until `loaded` says that no more will come, and commits
 * each batch's answers. Ends when the queue is empty and no longer fed, or when the service has given up, and tells why; what
 * is left stays queued. Counts the answers in `addressCounts`.
 */
export const drain = Effect.fn("Locating.drain")(function* (
  service: GeoService,
  loaded: Deferred.Deferred<void>,
  addressCounts: Ref.Ref<AnsweredCounts>,
) {
  const queue = yield* LocationQueue
  const claimBatch = Effect.gen(function* () {
    for (;;) {
      // Asked before the claim: an address that is queued in between is found by the next one.
      const isComplete = yield* Deferred.isDone(loaded)
      const claimed = yield* queue.claim(service.batchSize)
      if (isComplete || claimed.length === service.batchSize) return claimed
      // A request costs the quota the same however few addresses it has.
      if (claimed.length > 0) yield* queue.release(claimed)
      yield* Effect.timeoutOption(Deferred.await(loaded), "500 millis")
    }
  })

  const ask = Effect.fnUntraced(
    function* (batch: ReadonlyArray<string>) {
      const told = yield* service.locate(batch)
      const answers = new Map(batch.map((address) => [address, told.get(address) ?? Answer.notNow]))
      if (count(answers, "NotNow") === batch.length) {
        return yield* new GeoLocatorError({
          provider: service.provider,
          message: `${service.provider} answered none of ${batch.length} addresses; they stay queued`,
          retryable: true,
        })
      }
      yield* queue.answer(service.provider, answers)
      const reasons = [...answers.values()].flatMap((answer) => (answer._tag === "Unlocatable" ? answer.reason : []))
      const located = count(answers, "Located")
      yield* Ref.update(addressCounts, (counts) => countAnswers(counts, located, reasons))
      yield* Effect.logDebug("addresses located").pipe(
        Effect.annotateLogs({ provider: service.provider, located, unlocatable: reasons.length }),
      )
    },
    (effect, batch) => Effect.onError(effect, () => Effect.ignore(queue.release(batch))),
  )

  return yield* Stream.fromEffectRepeat(claimBatch).pipe(
    Stream.takeWhile((batch) => batch.length > 0),
    Stream.mapEffect(ask, { concurrency: service.concurrency, unordered: true }),
    Stream.runDrain,
    Effect.as(undefined),
    Effect.catchTag("GeoLocatorError", (failure) =>
      Effect.as(
        Effect.logWarning(`locating stopped: ${failure.message}`).pipe(
          Effect.annotateLogs({ provider: service.provider }),
        ),
        failure,
      ),
    ),
    Effect.annotateLogs({ step: "Locate" }),
  )
})
