// Reports whether a worker is healthy: over HTTP, and by ending one that has stalled.

import { createServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Duration, Effect, Layer, Runtime, Schema } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { formatDuration, plural } from "../text/format.ts"
import { WorkerActivity, type Watched } from "./WorkerActivity.ts"

/** The worker makes no progress with its work. */
export class Stalled extends Schema.TaggedError<Stalled>()("Stalled", { message: Schema.String }) {
  override readonly [Runtime.errorExitCode] = 6
}

const describe = ({ held, silent }: Watched): string =>
  held === 0
    ? "waiting for work"
    : `${plural(held, "part")} under way, and nothing of them read or committed for ${formatDuration(silent)}`

const isStalled = ({ silent }: Watched, stallTimeout: Duration.Duration): boolean =>
  silent > Duration.toMillis(stallTimeout)

/**
 * Answers `GET /healthz`: 200 while the worker makes progress, or has no work; 503 where it has made no progress for
 * longer than `stallTimeout`.
 */
export const layer = (options: {
  readonly host: string
  readonly port: number
  readonly stallTimeout: Duration.Duration
}) =>
  HttpRouter.serve(
    HttpRouter.add(
      "GET",
      "/healthz",
      Effect.gen(function* () {
        const watched = yield* (yield* WorkerActivity).watched
        const stalled = isStalled(watched, options.stallTimeout)
        return yield* HttpServerResponse.json(
          {
            status: stalled ? "stalled" : "ok",
            held: watched.held,
            silent: Math.round(watched.silent),
            message: describe(watched),
          },
          { status: stalled ? 503 : 200 },
        )
      }),
    ),
    { disableLogger: true, disableListenLog: true },
  ).pipe(
    Layer.provide(NodeHttpServer.layer(createServer, { host: options.host, port: options.port })),
    // The port was tried before.
    Layer.orDie,
  )

/** Fails when the worker has stalled: it must end, so that its work is given to others. */
export const watch = Effect.fnUntraced(function* (stallTimeout: Duration.Duration) {
  const activity = yield* WorkerActivity
  for (;;) {
    yield* Effect.sleep("1 second")
    const watched = yield* activity.watched
    if (!isStalled(watched, stallTimeout)) continue
    return yield* new Stalled({
      message: `This worker has stalled: ${describe(watched)}. It releases its work and ends; start it again.`,
    })
  }
})
