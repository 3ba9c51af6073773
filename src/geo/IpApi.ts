// Locates addresses by the service of ip-api.com.

import { Cause, Duration, Effect, Exit, Layer, Redacted, Result, Runtime, Schema, Stream } from "effect"
import {
  FetchHttpClient,
  type Headers,
  HttpClient,
  type HttpClientError,
  HttpClientRequest,
  type HttpClientResponse,
} from "effect/http"
import type { Address } from "../domain/Address.ts"
import type { Answers } from "../domain/Location.ts"
import { systemCode } from "../domain/errno.ts"
import * as Metrics from "../observability/Metrics.ts"
import { GeoLocator, type GeoLocatorError } from "./GeoLocator.ts"
import { decodeAnswers, fields } from "./ip-api/answer.ts"
import { failure, Fault, makeRetries, provider, RateLimited } from "./ip-api/retry.ts"
import type { Allowance } from "./quota/Permits.ts"
import { Quota, type Sending } from "./quota/Quota.ts"

export interface IpApiOptions {
  /**
   * The batch endpoint. Default (also for empty text) http://ip-api.com/batch, or https://pro.ip-api.com/batch with a
   * key.
   */
  readonly url?: string | undefined
  /** For the paid service. Empty text: no key. */
  readonly key?: Redacted.Redacted | undefined
}

/** The endpoint is invalid. */
export class IpApiConfigError extends Schema.TaggedError<IpApiConfigError>()("IpApiConfigError", {
  message: Schema.String,
}) {
  override readonly [Runtime.errorExitCode] = 2
}

const batchSize = 100
const maxBodySize = 1024 * 1024
const maxPauseSeconds = 3_600

const isLoopback = ({ hostname }: URL): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)

const defaultUrl = (keyed: boolean): string => (keyed ? "https://pro.ip-api.com/batch" : "http://ip-api.com/batch")

const usableKey = ({ key }: IpApiOptions): Redacted.Redacted | undefined =>
  key !== undefined && Redacted.value(key) !== "" ? key : undefined

/** The host of the service: each host has a quota of its own. */
export const hostOf = (options: IpApiOptions): string => {
  const given = options.url || defaultUrl(usableKey(options) !== undefined)
  return URL.canParse(given) ? new URL(given).host : given
}

/** Where requests are sent. */
export const endpointOf = Effect.fnUntraced(function* (options: IpApiOptions) {
  const { url } = options
  const key = usableKey(options)
  const given = url || defaultUrl(key !== undefined)
  const refuse = (why: string) => new IpApiConfigError({ message: `The URL of ip-api (IP_API_URL) ${why}.` })
  if (!URL.canParse(given)) return yield* refuse("is not a URL, such as http://ip-api.com/batch")
  const endpoint = new URL(given)
  if (!/^https?:$/.test(endpoint.protocol)) return yield* refuse("must begin with http:// or https://")
  if (endpoint.username !== "" || endpoint.password !== "") return yield* refuse("must not hold a user or a password")
  if (key !== undefined && endpoint.protocol === "http:" && !isLoopback(endpoint)) {
    return yield* refuse("must begin with https:// where a key (IP_API_KEY) is sent")
  }
  return endpoint
})

const parseCount = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined

const allowanceOf = (status: number, headers: Headers.Headers): Allowance | undefined => {
  const remaining = status === 429 ? 0 : parseCount(headers["x-rl"])
  const seconds = Math.min(parseCount(headers["x-ttl"]) ?? 60, maxPauseSeconds)
  return remaining === undefined ? undefined : { remaining, resetsInMillis: seconds * 1_000 }
}

/** How a request ended, for its metric. */
const endOf = (
  exit: Exit.Exit<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>,
): Parameters<typeof Metrics.countRequest>[1] => {
  if (Exit.isSuccess(exit)) return { status: exit.value.status }
  const error = Cause.squash(exit.cause)
  return { error: Cause.hasInterruptsOnly(exit.cause) ? "timeout" : (systemCode(error) ?? "unreachable") }
}

const beforeConnection = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ENETUNREACH", "EHOSTUNREACH"])

/** An answer of at most 1 MiB; of a longer one no more than that is read. */
const readBody = Effect.fnUntraced(function* (response: HttpClientResponse.HttpClientResponse) {
  const tooLong = new Fault({ message: `sent more than ${maxBodySize} bytes`, isInvalid: true })
  if ((parseCount(response.headers["content-length"]) ?? 0) > maxBodySize) return yield* tooLong
  const bytes = yield* response.stream.pipe(
    Stream.mapError((error) => new Fault({ message: `broke off its answer (${systemCode(error) ?? "cut short"})` })),
    Stream.limitBytes(maxBodySize, () => Stream.fail(tooLong)),
    Stream.mkUint8Array,
  )
  return yield* Effect.try({
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
    catch: () => new Fault({ message: "sent an answer that is not UTF-8", isInvalid: true }),
  })
})

const checkStatus = (status: number, keyed: boolean): Effect.Effect<void, Fault | RateLimited | GeoLocatorError> => {
  if (status === 200) return Effect.void
  if (status === 429) return Effect.fail(new RateLimited({ message: "says that its quota is used up (429)" }))
  if (status === 422) return Effect.die(new Error("ip-api refused the size of a batch (422): a defect of this program"))
  if (status >= 500) return Effect.fail(new Fault({ message: `answered ${status}` }))
  if (status >= 300 && status < 400) {
    return Effect.fail(new Fault({ message: `answered with a redirect (${status}), which is not followed` }))
  }
  const advice =
    status === 403 && keyed
      ? "the key (IP_API_KEY) is not accepted, or this network address is banned. Check the key."
      : status === 403
        ? "this network address is banned, as for exceeding the quota. Bans end by themselves: wait some hours, or see https://ip-api.com/docs/unban."
        : keyed
          ? "check the key (IP_API_KEY) and the URL (IP_API_URL)."
          : "check the URL (IP_API_URL)."
  return Effect.fail(failure(`ip-api answered ${status}: ${advice}`, false))
}

const noAnswers: Answers = new Map()

const make = Effect.fnUntraced(function* (options: IpApiOptions) {
  const key = usableKey(options)
  const endpoint = yield* endpointOf(options)
  const quota = yield* Quota
  const client = HttpClient.withScope(yield* HttpClient.HttpClient)
  const place = `${endpoint.origin}${endpoint.pathname}`
  const request = HttpClientRequest.post(place, {
    acceptJson: true,
    // Redacted values are hidden in errors and spans.
    urlParams: [
      ["fields", fields],
      ...Array.from(endpoint.searchParams, ([name, value]) => [name, Redacted.make(value)] as const),
      ...(key === undefined ? [] : [["key", key] as const]),
    ],
  })

  const explain = (error: HttpClientError.HttpClientError, { notSent }: Sending) => {
    const code = systemCode(error)
    const fault = Effect.fail(new Fault({ message: `could not be reached (${code ?? error.reason._tag})` }))
    return code !== undefined && beforeConnection.has(code) ? Effect.andThen(notSent, fault) : fault
  }

  const ask = Effect.fn("IpApi.ask")(
    function* (addresses: ReadonlyArray<Address>, sending: Sending) {
      const response = yield* client.execute(HttpClientRequest.bodyJsonUnsafe(request, addresses)).pipe(
        Effect.onExit((exit) => Metrics.countRequest(provider, endOf(exit))),
        Effect.catchTag("HttpClientError", (error) => explain(error, sending)),
      )
      yield* sending.responded(allowanceOf(response.status, response.headers))
      if (response.status === 429) yield* sending.refused
      yield* checkStatus(response.status, key !== undefined)
      const answers = decodeAnswers(yield* readBody(response), addresses)
      if (Result.isFailure(answers)) {
        return yield* new Fault({ message: `sent an invalid answer: ${answers.failure}`, isInvalid: true })
      }
      return answers.success
    },
    Effect.scoped,
    Effect.timeoutOrElse({
      duration: quota.requestTimeout,
      orElse: () =>
        Effect.fail(new Fault({ message: `took more than ${Duration.format(quota.requestTimeout)} to answer` })),
    }),
    Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
    Effect.provideService(HttpClient.TracerPropagationEnabled, false),
  )

  const retries = yield* makeRetries({
    askOnce: (addresses) => quota.withPermit((sending) => ask(addresses, sending)),
    place,
  })

  const locate = Effect.fn("IpApi.locate")(function* (addresses: ReadonlyArray<Address>) {
    if (addresses.length > batchSize) return yield* Effect.die(new Error(`${addresses.length} addresses in one batch`))
    return addresses.length === 0 ? noAnswers : yield* retries.ask(addresses)
  })

  return GeoLocator.of({
    name: provider,
    instant: undefined,
    service: {
      provider,
      batchSize,
      concurrency: 15,
      requestsPerMinute: Number.isFinite(quota.requestsPerMinute) ? quota.requestsPerMinute : undefined,
      untilNextRequest: quota.untilNextRequest,
      requestCounts: quota.statistics,
      trouble: retries.trouble,
      locate,
    },
  })
})

/**
 * Asks in batches of 100. Needs a `Quota` that all its users share: its default is what ip-api.com allows without a
 * key.
 */
export const layer = (
  options: IpApiOptions = {},
): Layer.Layer<GeoLocator, IpApiConfigError, HttpClient.HttpClient | Quota> => Layer.effect(GeoLocator, make(options))
