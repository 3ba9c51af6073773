// A source over a real S3 server, through a proxy that fails as a test wants.

import { Context, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as S3Source from "../../src/source/S3Source.ts"
import { Source } from "../../src/source/Source.ts"
import { type Fault, makeFaultyProxy } from "./faultyProxy.ts"
import { S3Server } from "./s3.ts"

export const bucket = "exports"

/** An S3 server with the bucket. */
export const withBucket = Layer.effectDiscard(S3Server.use((server) => server.makeBucket(bucket))).pipe(
  Layer.provideMerge(S3Server.layer),
)

const makeSource = (options: Partial<S3Source.S3ConfigOptions>) =>
  Layer.build(S3Source.layerConfig({ bucket, ...options })).pipe(Effect.map(Context.get(Source)))

let prefixes = 0

/** A new prefix in the bucket, read through a proxy. */
export const makeSetting = Effect.gen(function* () {
  const server = yield* S3Server
  const proxy = yield* makeFaultyProxy(server.endpoint)
  const prefix = `setting-${prefixes++}/`
  return {
    ...proxy,
    prefix,
    put: (key: string, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}) =>
      server.put(bucket, prefix + key, body, headers),
    remove: (key: string) => server.remove(bucket, prefix + key),
    source: (options: Partial<S3Source.S3ConfigOptions> = {}) =>
      makeSource({ endpoint: proxy.endpoint, prefix, ...options }),
    /** The range and the version that each request for an object named. */
    gets: () =>
      proxy.seen
        .filter(({ url }) => url.includes("x-id=GetObject"))
        .map(({ headers }) => ({ range: headers.range, version: headers["if-match"] })),
  }
})

export const xmlError = (status: number, code: string, fields = "", headers = {}): Fault => ({
  answer: status,
  headers: { "content-type": "application/xml", ...headers },
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>As the test wants</Message>${fields}</Error>`,
})

export const pause = (milliseconds: number) =>
  Effect.promise(() => new Promise((resolve) => setTimeout(resolve, milliseconds)))

/** Runs an effect while the test clock runs 40 times as fast as real time, which the network takes. */
export const asTimePasses = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
  const fiber = yield* Effect.forkChild(effect)
  while (fiber.pollUnsafe() === undefined) {
    yield* TestClock.adjust("200 millis")
    yield* pause(5)
  }
  return yield* Fiber.join(fiber)
})
