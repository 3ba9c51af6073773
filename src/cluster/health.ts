import { createServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Duration, Effect, Layer, Runtime, Schema } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { formatDuration, plural } from "../text/format.ts"
import { WorkerActivity, type Watched } from "./WorkerActivity.ts"

/** The worker holds work and does not get on with it. */
export class Stalled extends Schema.TaggedError<Stalled>()("Stalled", { message: Schema.String }) {
  override readonly [Runtime.errorExitCode] = 6
}

const describe = ({ held, silent }: Watched): string =>
  held === 0
    ? "waiting for work"
    : `${plural(held, "part")} in hand, and nothing of them read or committed for ${formatDuration(silent)}`

const isStalled = ({ silent }: Watched, stallTimeout: Duration.Duration): boolean =>
  silent > Duration.toMillis(stallTimeout)

/**
 * Answers `GET /healthz`: 200 while the worker gets on with what it holds, or holds nothing; 503 where it has committed
 * nothing for so long. Alive alone is not enough.
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
    // Whether the port is free was tried before.
    Layer.orDie,
  )

/** Fails when the worker has stalled: it is to end, so that others are given what it holds. */
export const watch = Effect.fnUntraced(function* (stallTimeout: Duration.Duration) {
  const vigil = yield* WorkerActivity
  for (;;) {
    yield* Effect.sleep("1 second")
    const watched = yield* vigil.watched
    if (!isStalled(watched, stallTimeout)) continue
    return yield* new Stalled({
      message: `This worker has stalled: ${describe(watched)}. It gives its work back and ends; start it again.`,
    })
  }
})
