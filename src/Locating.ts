import { Deferred, Effect, Ref, Stream } from "effect"
import { Answer, type Answers } from "./domain/Location.ts"
import { GeoLocatorError, type GeoService } from "./geo/GeoLocator.ts"
import { LocationQueue } from "./repo/LocationQueue.ts"

export interface DrainResult {
  readonly located: number
  readonly unlocatable: number
  /** Why the queue was left before it was empty. */
  readonly error: GeoLocatorError | undefined
}

const count = (answers: Answers, tag: Answer["_tag"]): number =>
  [...answers.values()].filter((answer) => answer._tag === tag).length

/**
 * Asks the service for the addresses that wait, in full batches until `loaded` says that no more will come, and commits
 * each batch's answers. Ends when the queue is empty and no longer fed, or when the service has given up; what is left
 * stays queued.
 */
export const drain = Effect.fn("Locating.drain")(function* (service: GeoService, loaded: Deferred.Deferred<void>) {
  const queue = yield* LocationQueue
  const total = yield* Ref.make({ located: 0, unlocatable: 0 })

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
      const counts = { located: count(answers, "Located"), unlocatable: count(answers, "Unlocatable") }
      yield* Ref.update(total, ({ located, unlocatable }) => ({
        located: located + counts.located,
        unlocatable: unlocatable + counts.unlocatable,
      }))
      yield* Effect.logDebug("addresses located").pipe(Effect.annotateLogs({ provider: service.provider, ...counts }))
    },
    (effect, batch) => Effect.onError(effect, () => Effect.ignore(queue.release(batch))),
  )

  const error = yield* Stream.fromEffectRepeat(claimBatch).pipe(
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
  return { ...(yield* Ref.get(total)), error } satisfies DrainResult
})
