// How ip-api.com is asked again after a fault: with patience, by one batch at a time, and without an address that it cannot answer.
import { Duration, Effect, Schedule, Schema, Semaphore } from "effect"
import type { DatabaseError } from "../../domain/DatabaseError.ts"
import type { Address } from "../../domain/Address.ts"
import { Answer, type Answers } from "../../domain/Location.ts"
import { GeoLocatorError } from "../GeoLocator.ts"

export const provider = "ip-api"

/**
 * A try that may be repeated: the network, the service's own trouble, an answer that makes no sense (`isNonsense`: one of
 * the addresses may be why).
 */
export class Fault extends Schema.TaggedError<Fault>()("Fault", {
  message: Schema.String,
  isNonsense: Schema.optionalKey(Schema.Boolean),
}) {}

/** HTTP 429: the quota says when the next try may be sent. */
export class RateLimited extends Schema.TaggedError<RateLimited>()("RateLimited", { message: Schema.String }) {}

/** In about two minutes. */
const mostAttempts = 10

const mostRefusals = 3

/** The screen shows one attempt of three; the log's file has all. */
const attemptsALine = 3

interface Failed {
  readonly _tag: string
  readonly message: string
}

/** When the next attempt is made after a fault; logs the one that has failed. */
const afterFault = (place: string) =>
  Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("15 seconds")]).pipe(
    Schedule.jittered,
    Schedule.upTo({ times: mostAttempts - 1 }),
    Schedule.setInputType<Failed>(),
    Schedule.while(({ input }) => input._tag === "Fault"),
    Schedule.tap(({ attempt, duration, input }) => {
      const seconds = Math.round(Duration.toSeconds(duration))
      const line = `${place} ${input.message}: attempt ${attempt} of ${mostAttempts}, next in ${seconds} s`
      return attempt % attemptsALine === 1 ? Effect.logWarning(line) : Effect.logDebug(line)
    }),
  )

/** The same where the service refuses: the quota holds the next attempt back. */
const afterRefusal = (place: string) =>
  Schedule.recurs(mostRefusals - 1).pipe(
    Schedule.setInputType<Failed>(),
    Schedule.while(({ input }) => input._tag === "RateLimited"),
    Schedule.tap(({ attempt, input }) =>
      Effect.logWarning(
        `${place} ${input.message}: attempt ${attempt} of ${mostRefusals}, next when the quota allows it`,
      ),
    ),
  )

export const failure = (message: string, retryable: boolean): GeoLocatorError =>
  new GeoLocatorError({ provider, message, retryable })

interface Asking {
  /** Sends one request. */
  readonly askOnce: (
    addresses: ReadonlyArray<Address>,
  ) => Effect.Effect<Answers, Fault | RateLimited | GeoLocatorError | DatabaseError>
  /** The endpoint, for people. */
  readonly place: string
}

/**
 * `ask` asks for a batch until all of it is answered, or an address of it has to wait, or the service is given up.
 * `trouble`: why the service has not answered lately; undefined: it has.
 */
export const makeRetries = Effect.fnUntraced(function* ({ askOnce: ask, place }: Asking) {
  /** Only one batch tries again, and others wait for what comes of it: a service in trouble is not asked by many. */
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
   * Asks again until all is answered. An answer that makes no sense again halves what was asked, until the address that is
   * why stands alone: it is left out, once the service has answered another. Gives up at the tenth fault in a row.
   */
  const tryAgain = Effect.fnUntraced(function* (
    addresses: ReadonlyArray<Address>,
    first: Fault | RateLimited,
    answeredBefore: number,
  ) {
    // What is over when the turn comes is not waited for again.
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
        yield* Effect.logWarning(`${part[0]} waits for another run: asked for it alone, ${place} ${message}`)
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
        Effect.tapErrorTag("Fault", (fault) => (fault.isNonsense === true ? divide(part, fault) : Effect.void)),
        Effect.map((told) => {
          parts = parts.slice(1)
          for (const [address, answer] of told) answers.set(address, answer)
        }),
      )
    })
    while (parts.length > 0) {
      yield* next.pipe(Effect.retry(afterRefusal(place)), Effect.retry(afterFault(place)))
    }
    return answers
  })

  const askPatiently = (addresses: ReadonlyArray<Address>) =>
    turn.withPermit(Effect.void).pipe(
      Effect.andThen(askOnce(addresses)),
      Effect.catchTag(["Fault", "RateLimited"], (error) =>
        Effect.suspend(() => {
          const before = answered
          return turn.withPermit(Effect.suspend(() => tryAgain(addresses, error, before)))
        }),
      ),
      Effect.catchTags({
        Fault: ({ message }) => Effect.fail(failure(`${place} ${message}, the tenth time in a row`, true)),
        RateLimited: ({ message }) => Effect.fail(failure(`${place} ${message}, the third time in a row`, true)),
      }),
    )
  return { ask: askPatiently, trouble: Effect.sync(() => trouble) }
})
