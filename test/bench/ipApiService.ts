import { Clock, Effect, Stream } from "effect"
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "effect/http"
import type { Random } from "../fixtures/Random.ts"
import { entryOf } from "../utils/ipApi.ts"

const windowMillis = 60_000
const limit = 15

/** 80 to 400 ms, half of it on the way there. */
const shortest = 80
const spread = 320

/** Requests of a thousand that fail, in one of three ways. */
const failuresPerMille = 10

const reset = (request: HttpClientRequest.HttpClientRequest) =>
  new HttpClientError.HttpClientError({
    reason: new HttpClientError.TransportError({ request, cause: { code: "ECONNRESET" } }),
  })

/** A response whose body comes at once: a web stream's would come in real time, while the simulated clock runs on. */
const respond = (
  request: HttpClientRequest.HttpClientRequest,
  status: number,
  headers: Record<string, string>,
  body: string,
) => {
  const response = HttpClientResponse.fromWeb(request, new Response(null, { status, headers }))
  const stream = Stream.succeed(new TextEncoder().encode(body))
  return Object.defineProperty(response, "stream", { value: stream })
}

/**
 * ip-api.com's batch endpoint behind an HttpClient, by the clock of whoever asks: 15 requests in a window of 60 s that
 * begins with its first request, then 429; `X-Rl` and `X-Ttl`; latency; 1% answers with 500, resets and broken bodies.
 */
export const makeIpApiService = (random: Random) => {
  /** When requests reached the service, in milliseconds. */
  const arrivals: Array<number> = []
  const failures = { status500: 0, resets: 0, brokenBodies: 0 }
  let refusals = 0
  let window = { endsAt: -Infinity, used: 0 }

  const count = (now: number) => {
    arrivals.push(now)
    if (now >= window.endsAt) window = { endsAt: now + windowMillis, used: 0 }
    window.used++
    return {
      isRefused: window.used > limit,
      headers: {
        "X-Rl": String(Math.max(0, limit - window.used)),
        "X-Ttl": String(Math.ceil((window.endsAt - now) / 1_000)),
      },
    }
  }

  const client = HttpClient.make(
    Effect.fnUntraced(function* (request) {
      const oneWay = (shortest + random.below(spread + 1)) / 2
      yield* Effect.sleep(oneWay)
      const { isRefused, headers } = count(yield* Clock.currentTimeMillis)
      const fate = random.perMille(failuresPerMille) ? random.below(3) : undefined
      yield* Effect.sleep(oneWay)
      if (isRefused) {
        refusals++
        return respond(request, 429, headers, "")
      }
      if (fate === 0) {
        failures.status500++
        return respond(request, 500, headers, "")
      }
      if (fate === 1) {
        failures.resets++
        return yield* reset(request)
      }
      if (request.body._tag !== "Uint8Array") return respond(request, 422, headers, "")
      const addresses: ReadonlyArray<string> = JSON.parse(new TextDecoder().decode(request.body.body))
      const body = JSON.stringify(addresses.map(entryOf))
      if (fate === 2) {
        failures.brokenBodies++
        return respond(request, 200, headers, body.slice(0, body.length >> 1))
      }
      return respond(request, 200, headers, body)
    }),
  )

  return { client, arrivals, failures, refusals: () => refusals }
}
