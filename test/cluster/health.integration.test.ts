import { assert, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import * as Health from "../../src/cluster/health.ts"
import { WorkerActivity, type Watched } from "../../src/cluster/WorkerActivity.ts"
import { freePort } from "../utils/postgres.ts"

it.live("GET /healthz tells whether the worker gets on, not whether it lives", () =>
  Effect.gen(function* () {
    const port = yield* freePort
    let watched: Watched = { held: 0, silent: 0 }
    const vigil = Layer.succeed(WorkerActivity, { over: () => (work) => work, watched: Effect.sync(() => watched) })
    const stallTimeout = Duration.minutes(10)
    yield* Layer.build(Layer.provide(Health.layer({ host: "127.0.0.1", port, stallTimeout }), vigil))
    const ask = (path = "/healthz") =>
      Effect.promise(async () => {
        const response = await fetch(`http://127.0.0.1:${port}${path}`)
        return [response.status, await response.text()] as const
      })
    const askHealth = Effect.map(ask(), ([status, body]) => [status, JSON.parse(body)])

    assert.deepStrictEqual(yield* askHealth, [200, { status: "ok", held: 0, silent: 0, message: "waiting for work" }])
    watched = { held: 2, silent: Duration.toMillis(stallTimeout) }
    const [status, body] = yield* askHealth
    assert.deepInclude(body, {
      status: "ok",
      message: "2 parts under way, and nothing of them read or committed for 10 min 0 s",
    })
    assert.strictEqual(status, 200)
    watched = { held: 2, silent: Duration.toMillis(stallTimeout) + 1 }
    const [stalled, told] = yield* askHealth
    assert.strictEqual(stalled, 503)
    assert.deepInclude(told, { status: "stalled", held: 2 })
    watched = { held: 2, silent: 5 }
    assert.strictEqual((yield* askHealth)[0], 200)
    assert.strictEqual((yield* ask("/"))[0], 404)
  }).pipe(Effect.scoped),
)
