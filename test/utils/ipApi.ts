// A fake of ip-api.com.

import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Clock, Duration, Effect, Predicate, Result } from "effect"
import * as Address from "../../src/domain/Address.ts"
import type { Location } from "../../src/domain/Location.ts"
import { mix } from "../fixtures/Random.ts"

export interface RecordedRequest {
  /** Milliseconds of the Effect clock in which the server was started. */
  readonly at: number
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly addresses: ReadonlyArray<string>
}

export interface Exchange {
  readonly response: ServerResponse
  /** The usual answer. */
  readonly entries: ReadonlyArray<object>
  readonly send: (entries: ReadonlyArray<unknown>) => void
}

export type Behaviour = (exchange: Exchange) => void

export interface FakeIpApi {
  /** The batch endpoint. */
  readonly url: string
  readonly requests: ReadonlyArray<RecordedRequest>
  /** Requests beyond the quota. */
  readonly refusals: () => number
  /** Answers with 100 MB. */
  readonly huge: Behaviour
  /** How much of them was written before the client disconnected. */
  readonly hugeBytes: () => number
  /** How each of the next requests is answered; later ones as usual. */
  readonly script: (...next: ReadonlyArray<Behaviour>) => void
}

/** The server's location of an address: a function of its text. */
export const placeOf = (address: string): Location => {
  const hash = Array.from(address).reduce((hash, character) => mix(hash ^ character.charCodeAt(0), 7), 0)
  return {
    latitude: (hash % 18_001) / 100 - 90,
    longitude: (mix(hash, 1) % 36_001) / 100 - 180,
    country: `Country ${hash % 200}`,
    region: `Region ${hash % 2_000}`,
    city: `City ${hash % 20_000}`,
    timezone: "Etc/UTC",
    isp_name: `ISP ${hash % 500}`,
  }
}

/** One entry of the server's answer. */
export const entryOf = (query: string) => {
  const address = Address.parse(query)
  if (Result.isFailure(address)) return { status: "fail", message: "invalid query", query }
  const range = Address.specialRange(address.success)
  if (range !== undefined) return { status: "fail", message: `${range} range`, query }
  const place = placeOf(query)
  return {
    status: "success",
    query,
    lat: place.latitude,
    lon: place.longitude,
    country: place.country,
    regionName: place.region,
    city: place.city,
    timezone: place.timezone,
    isp: place.isp_name,
  }
}

const changeFirst =
  (change: object): Behaviour =>
  ({ entries, send }) => {
    send(entries.map((entry, index) => (index === 0 ? { ...entry, ...change } : entry)))
  }

export const behaviours = {
  usual: (({ entries, send }) => send(entries)) as Behaviour,
  status:
    (status: number, headers: Record<string, string> = {}): Behaviour =>
    ({ response }) => {
      for (const name of ["X-Rl", "X-Ttl"]) response.removeHeader(name)
      response.writeHead(status, headers).end()
    },
  html: (({ response }) => response.setHeader("content-type", "text/html").end("<html>Hello</html>")) as Behaviour,
  redirect: (({ response }) => response.writeHead(302, { location: "/elsewhere" }).end()) as Behaviour,
  reversed: (({ entries, send }) => send(entries.toReversed())) as Behaviour,
  short: (({ entries, send }) => send(entries.slice(1))) as Behaviour,
  long: (({ entries, send }) => send([...entries, entryOf("9.9.9.9")])) as Behaviour,
  repeated: (({ entries, send }) => send(entries.map(() => entries[0]))) as Behaviour,
  unasked: changeFirst({ query: "9.9.9.9" }),
  nulls: (({ entries, send }) => send(entries.map(() => null))) as Behaviour,
  nullFields: changeFirst({ country: null, regionName: null, city: "", timezone: null, isp: null }),
  nullLatitude: changeFirst({ lat: null }),
  textLatitude: changeFirst({ lat: "12.5" }),
  wrongLatitude: changeFirst({ lat: 90.01 }),
  wrongLongitude: changeFirst({ lon: -181 }),
  notUtf8: (({ entries, response }) => {
    const body = JSON.stringify(entries.map((entry) => ({ ...entry, city: "K\u00f6ln" })))
    response.end(Buffer.from(body, "latin1"))
  }) as Behaviour,
  truncated: (({ entries, response }) => {
    const body = JSON.stringify(entries)
    response.writeHead(200, { "content-length": body.length })
    response.write(body.slice(0, body.length >> 1), () => response.destroy())
  }) as Behaviour,
  reset: (({ response }) => response.socket?.resetAndDestroy()) as Behaviour,
  /** Never answers. */
  silent: (() => {}) as Behaviour,
  /** Starts an answer and never ends it. */
  stalled: (({ response }) => response.write("[")) as Behaviour,
  announcedHuge: (({ response }) => response.writeHead(200, { "content-length": 100_000_000 }).write("[")) as Behaviour,
}

/**
 * A server on a free port of 127.0.0.1 that behaves like ip-api.com's batch endpoint: at most `requests` in a window
 * that starts with its first request, then 429, by the Effect clock of the caller; at most 100 addresses, else 422.
 * With `key`, a request without it gets 403. Stops with the scope.
 */
export const fakeIpApi = Effect.fnUntraced(function* (options?: {
  readonly requests?: number
  readonly window?: Duration.Input
  readonly key?: string
}) {
  const clock = yield* Clock.clockWith(Effect.succeed)
  const windowMillis = Duration.toMillis(options?.window ?? "60 seconds")
  const limit = options?.requests ?? 15
  const requests: Array<RecordedRequest> = []
  let next: ReadonlyArray<Behaviour> = []
  let window = { endsAt: -Infinity, used: 0 }
  let refusals = 0
  let hugeBytes = 0

  const count = (response: ServerResponse): boolean => {
    const at = clock.currentTimeMillisUnsafe()
    if (at >= window.endsAt) window = { endsAt: at + windowMillis, used: 0 }
    window.used++
    response.setHeader("X-Rl", Math.max(0, limit - window.used))
    response.setHeader("X-Ttl", Math.ceil((window.endsAt - at) / 1_000))
    return window.used <= limit
  }

  const answer = (url: URL, body: string, response: ServerResponse, headers: IncomingHttpHeaders): void => {
    const asked: unknown = JSON.parse(body)
    const addresses = Array.isArray(asked) ? asked.filter(Predicate.isString) : []
    requests.push({ at: clock.currentTimeMillisUnsafe(), url: `${url.pathname}${url.search}`, headers, addresses })
    if (!count(response)) {
      refusals++
      return void response.writeHead(429).end()
    }
    if (options?.key !== undefined && url.searchParams.get("key") !== options.key) {
      return void response.writeHead(403).end()
    }
    if (!Array.isArray(asked) || asked.length > 100) return void response.writeHead(422).end()
    const send = (entries: ReadonlyArray<unknown>) =>
      void response.setHeader("content-type", "application/json; charset=utf-8").end(JSON.stringify(entries))
    const [behaviour = behaviours.usual, ...later] = next
    next = later
    behaviour({ response, entries: addresses.map(entryOf), send })
  }

  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () =>
      answer(
        new URL(request.url ?? "/", "http://server"),
        Buffer.concat(chunks).toString("utf8") || "null",
        response,
        request.headers,
      ),
    )
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      }),
  )

  const huge: Behaviour = ({ response }) => {
    const piece = Buffer.alloc(64 * 1024, " ")
    const more = () => {
      if (response.destroyed || hugeBytes >= 100_000_000) return void response.end()
      hugeBytes += piece.length
      response.write(piece, more)
    }
    more()
  }

  const api: FakeIpApi = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/batch`,
    requests,
    refusals: () => refusals,
    hugeBytes: () => hugeBytes,
    script: (...behaviours) => {
      next = behaviours
    },
    huge,
  }
  return api
})
