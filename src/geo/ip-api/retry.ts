// How requests to ip-api.com are retried: slowly, one batch at a time, and without an address that it cannot answer.

import { Duration, Effect, Schedule, Schema, Semaphore } from "effect"
import type { DatabaseError } from "../../domain/DatabaseError.ts"
import type { Address } from "../../domain/Address.ts"
import { Answer, type Answers } from "../../domain/Location.ts"
import { GeoLocatorError } from "../GeoLocator.ts"

export const provider = "ip-api"

/**
 * An attempt that may be repeated: the network failed, or the service, or it sent an invalid answer (`isInvalid`: one
 * of the addresses may be the cause).
 */
export class Fault extends Schema.TaggedError<Fault>()("Fault", {
  message: Schema.String,
  isInvalid: Schema.optionalKey(Schema.Boolean),
}) {}

/** HTTP 429: the quota decides when the next attempt is sent. */
export class RateLimited extends Schema.TaggedError<RateLimited>()("RateLimited", { message: Schema.String }) {}

/** They take about two minutes. */
const maxAttempts = 10

const maxRefusals = 3

/** The terminal shows one attempt of three; the log's file has all. */
const attemptsPerLine = 3

interface Failed {
  readonly _tag: string
  readonly message: string
}

/** When the next attempt is made after a fault; logs the one that failed. */
const afterFault = (place: string) =>
  Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("15 seconds")]).pipe(
    Schedule.jittered,
    Schedule.upTo({ times: maxAttempts - 1 }),
    Schedule.setInputType<Failed>(),
    Schedule.while(({ input }) => input._tag === "Fault"),
    Schedule.tap(({ attempt, duration, input }) => {
      const seconds = Math.round(Duration.toSeconds(duration))
      const line = `${place} ${input.message}: attempt ${attempt} of ${maxAttempts}, next in ${seconds} s`
      return attempt % attemptsPerLine === 1 ? Effect.logWarning(line) : Effect.logDebug(line)
    }),
  )

/** The same after a 429: the quota delays the next attempt. */
const afterRefusal = (place: string) =>
  Schedule.recurs(maxRefusals - 1).pipe(
    Schedule.setInputType<Failed>(),
    Schedule.while(({ input }) => input._tag === "RateLimited"),
    Schedule.tap(({ attempt, input }) =>
      Effect.logWarning(
        `${place} ${input.message}: attempt ${attempt} of ${maxRefusals}, next when the quota allows it`,
      ),
    ),
  )

const failure = (message: string): GeoLocatorError => new GeoLocatorError({ provider, message, retryable: true })

interface Asking {
  /** Sends one request. */
  readonly askOnce: (
    addresses: ReadonlyArray<Address>,
  ) => Effect.Effect<Answers, Fault | RateLimited | GeoLocatorError | DatabaseError>
  /** The endpoint, for people. */
  readonly place: string
}

/**
 * `ask` requests a batch until every address of it is answered or left pending, or fails. `trouble`: why the service
 * does not answer; undefined: it does.
 */
export const makeRetries = Effect.fnUntraced(function* ({ askOnce: ask, place }: Asking) {
  /** One batch at a time retries, and the others wait for its outcome: they spare a service in trouble. */
  const turn = yield* Semaphore.make(1)
  let trouble: string | undefined
  let answered = 0

  const askOnce = (addresses: ReadonlyArray<Address>) =>
    ask(addresses).pipe(
      Effect.tap(() =>
        Effect.sync(() => {
          trouble = undefined
          answered++
        }),
      ),
      Effect.tapErrorTag(["Fault", "RateLimited"], ({ message }) =>
        Effect.sync(() => void (trouble = `${place} ${message}`)),
      ),
    )

  /**
   * Retries until all is answered. Another invalid answer halves the batch, until the address that causes it is alone:
   * it is left pending, once the service has answered another. Fails at the tenth fault in a row.
   */
  const retry = Effect.fnUntraced(function* (
    addresses: ReadonlyArray<Address>,
    first: Fault | RateLimited,
    answeredBefore: number,
  ) {
    // A fault that is over by now needs no delay.
    let failed = answered > answeredBefore ? undefined : first
    const answers = new Map<Address, Answer>()
    let parts: ReadonlyArray<ReadonlyArray<Address>> = [addresses]

    const divide = Effect.fnUntraced(function* (part: ReadonlyArray<Address>, { message }: Fault) {
      const rest = parts.slice(1)
      const middle = Math.ceil(part.length / 2)
      if (part.length > 1) parts = [...rest, part.slice(0, middle), part.slice(middle)]
      else if (answers.size === 0) parts = [...rest, part]
      else {
        parts = rest
        answers.set(part[0]!, Answer.notNow)
        yield* Effect.logWarning(`${part[0]} stays pending: asked for it alone, ${place} ${message}`)
      }
    })

    const next = Effect.suspend(() => {
      if (failed !== undefined) {
        const error = failed
        failed = undefined
        return Effect.fail(error)
      }
      const [part] = parts
      if (part === undefined) return Effect.void
      return askOnce(part).pipe(
        Effect.tapErrorTag("Fault", (fault) => (fault.isInvalid === true ? divide(part, fault) : Effect.void)),
        Effect.map((received) => {
          parts = parts.slice(1)
          for (const [address, answer] of received) answers.set(address, answer)
        }),
      )
    })
    while (parts.length > 0) {
      yield* next.pipe(Effect.retry(afterRefusal(place)), Effect.retry(afterFault(place)))
    }
    return answers
  })

  const askWithRetries = (addresses: ReadonlyArray<Address>) =>
    turn.withPermit(Effect.void).pipe(
      Effect.andThen(askOnce(addresses)),
      Effect.catchTag(["Fault", "RateLimited"], (error) =>
        Effect.suspend(() => {
          const before = answered
          return turn.withPermit(Effect.suspend(() => retry(addresses, error, before)))
        }),
      ),
      Effect.catchTags({
        Fault: ({ message }) => Effect.fail(failure(`${place} ${message}, the tenth time in a row`)),
        RateLimited: ({ message }) => Effect.fail(failure(`${place} ${message}, the third time in a row`)),
      }),
    )
  return { ask: askWithRetries, trouble: Effect.sync(() => trouble) }
})
