// Locates addresses by the service of ip-api.com.

import { Cause, Config, Duration, Effect, Exit, Layer, Redacted, Result, Stream } from "effect"
import {
  FetchHttpClient,
  type Headers,
  HttpClient,
  type HttpClientError,
  HttpClientRequest,
  type HttpClientResponse,
} from "effect/http"
import type { Address } from "../domain/Address.ts"
import { systemCode } from "../domain/errno.ts"
import * as Metrics from "../observability/Metrics.ts"
import { GeoLocator, type GeoLocatorConfigError, GeoLocatorError } from "./GeoLocator.ts"
import { decodeAnswers, fields } from "./ip-api/answer.ts"
import { config, endpointOf, type IpApiOptions, keyOf } from "./ip-api/options.ts"
import { Fault, makeRetries, provider, RateLimited } from "./ip-api/retry.ts"
import type { Allowance } from "./quota/Permits.ts"
import { Quota, type Sending } from "./quota/Quota.ts"

export type { IpApiOptions } from "./ip-api/options.ts"

const batchSize = 100
const maxBodySize = 1024 * 1024
const maxPauseSeconds = 3_600

/** The service reports whole seconds, and may have rounded down. */
const roundingMillis = 1_000

const parseCount = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined

const allowanceOf = (status: number, headers: Headers.Headers): Allowance | undefined => {
  const remaining = status === 429 ? 0 : parseCount(headers["x-rl"])
  const seconds = Math.min(parseCount(headers["x-ttl"]) ?? 60, maxPauseSeconds)
  return remaining === undefined ? undefined : { remaining, resetsInMillis: seconds * 1_000 + roundingMillis }
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
  return Effect.fail(refusal(status, keyed))
}

/** Another attempt would end as this one. */
const refusal = (status: number, keyed: boolean): GeoLocatorError => {
  const fail = (what: string, setting: Pick<GeoLocatorError, "setting">) =>
    new GeoLocatorError({ provider, ...setting, message: `ip-api answered ${status}: ${what}`, retryable: false })
  if (status !== 403) return fail(keyed ? "check the URL and the key." : "check the URL.", { setting: "url" })
  return keyed
    ? fail("the key is not accepted, or this network address is banned. Check the key.", { setting: "key" })
    : fail(
        "this network address is banned, as for exceeding the quota. Bans end by themselves: wait some hours, or see https://ip-api.com/docs/unban.",
        {},
      )
}

const make = Effect.fnUntraced(function* (options: IpApiOptions) {
  const key = keyOf(options)
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

  return GeoLocator.layerService({
    provider,
    batchSize,
    concurrency: 15,
    requestsPerMinute: quota.requestsPerMinute,
    untilNextRequest: quota.untilNextRequest,
    requestCounts: quota.requestCounts,
    trouble: retries.trouble,
    locate: Effect.fn("IpApi.locate")(retries.ask),
  })
})

/**
 * Asks in batches of 100. Needs a `Quota` that all its users share: its default is what ip-api.com allows without a
 * key. Fails if the URL is none that a request, or a key, may be sent to.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import { FetchHttpClient } from "effect/http"
 * import { Quota } from "user-activity-etl"
 * import * as IpApi from "user-activity-etl/IpApi"
 *
 * const Places = IpApi.layer().pipe(Layer.provide([Quota.layerMemory(), FetchHttpClient.layer]))
 * ```
 */
export const layer = (
  options: IpApiOptions = {},
): Layer.Layer<GeoLocator, GeoLocatorConfigError, HttpClient.HttpClient | Quota> => Layer.unwrap(make(options))

/**
 * As `layer`, with options that are read through `Config`: by default from `IP_API_URL` and `IP_API_KEY`.
 *
 * @example
 * ```ts
 * import { Config } from "effect"
 * import * as IpApi from "user-activity-etl/IpApi"
 *
 * const Places = IpApi.layerConfig({ key: Config.Redacted("OUR_IP_API_KEY") })
 * ```
 */
export const layerConfig = (
  options: Config.Wrap<IpApiOptions> = config,
): Layer.Layer<GeoLocator, Config.ConfigError | GeoLocatorConfigError, HttpClient.HttpClient | Quota> =>
  Layer.unwrap(Effect.flatMap(Config.unwrap(options), make))
