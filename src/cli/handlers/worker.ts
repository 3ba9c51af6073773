// `etl worker`: loads parts of runs until it is stopped.

import { isIP } from "node:net"
import { Context, Effect, type FileSystem, Layer, type Path, RcMap } from "effect"
import * as Engine from "../../cluster/Engine.ts"
import * as Forgetting from "../../cluster/forgetting.ts"
import * as Health from "../../cluster/health.ts"
import { isLoopback, listenAddress } from "../../cluster/listen.ts"
import type { SourceReference } from "../../cluster/LoadRun.ts"
import * as ClusterLocating from "../../cluster/locating.ts"
import { RunWatch } from "../../cluster/RunWatch.ts"
import { Sources } from "../../cluster/Sources.ts"
import { Worker } from "../../cluster/Worker.ts"
import { WorkerActivity } from "../../cluster/WorkerActivity.ts"
import * as Workflows from "../../cluster/workflows.ts"
import * as serverVariables from "../../database/serverVariables.ts"
import { GeoLocator } from "../../geo/GeoLocator.ts"
import { version } from "../../observability/version.ts"
import { Database } from "../../domain/Database.ts"
import { Source } from "../../source/Source.ts"
import { checked, chooseServer, engineDatabase } from "../clusterLayers.ts"
import { UsageError } from "../CommandError.ts"
import type { WorkerFlags } from "../commands/worker.ts"
import { logEnd } from "../Defect.ts"
import { checkLocators, locator, notices, repositories, withLog } from "../layers.ts"
import { openSource } from "../sources.ts"

const sources = (flags: WorkerFlags) =>
  Layer.effect(
    Sources,
    Effect.gen(function* () {
      const platform = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
      // A source is opened once for all its files: each client of S3 requests credentials.
      const opened = yield* RcMap.make({
        lookup: (reference: SourceReference) =>
          openSource(reference, flags).pipe(Effect.provideContext(platform), Effect.map(Context.get(Source))),
        idleTimeToLive: "10 seconds",
      })
      return { open: (reference) => RcMap.get(opened, reference) }
    }),
  )

/** Workers on several machines that share a database may not find each other, or take each other for themselves. */
const warnOfLoopback = Effect.fnUntraced(function* (flags: WorkerFlags) {
  const { url } = yield* chooseServer(flags)
  const { host } = yield* serverVariables.settings({ url })
  if (!isLoopback(flags.host) || isLoopback(host) || host.startsWith("/")) return
  yield* Effect.logWarning(
    `--host is ${flags.host}, which only this machine can reach, but the database is on ${host}. If workers run on other machines too, start each with its own name or address as --host: else they do not find each other.`,
  )
})

const listenOn = ({ host, listen, port }: WorkerFlags) =>
  Effect.mapError(listenAddress(host, listen, [port, port + 1]), ({ message }) => new UsageError({ message }))

/** Milliseconds a worker may take to stop: others get its work only when it has stopped. */
const maxStopTime = 20_000

/** The engine has been seen to wait for ever for work that it could not end. */
const forcedStop = Layer.effectDiscard(
  Effect.addFinalizer(() =>
    Effect.sync(() => setTimeout(() => process.exit(process.exitCode ?? 6), maxStopTime).unref()),
  ),
)

/**
 * A worker that is silent for this long has lost its shards. Its open transaction must end too: else the worker that
 * gets its work would wait for the rows that it has locked, for ever if its process is suspended.
 */
const idleInTransaction = Engine.shardLockExpiration

export const layer = (flags: WorkerFlags) => {
  const { concurrency, host, port, stallTimeout } = flags
  return Layer.unwrap(
    Effect.gen(function* () {
      yield* warnOfLoopback(flags)
      yield* checkLocators(flags)
      // Its engine may locate before the handler runs.
      for (const notice of yield* notices(flags)) yield* Effect.logInfo(notice)
      const address = yield* listenOn(flags)
      const health = Health.layer({ host: address, port: port + 1, stallTimeout })
      const engine = Engine.worker({ host, port, address }).pipe(Layer.provide(engineDatabase(flags)))
      return forcedStop.pipe(
        Layer.provideMerge(Layer.mergeAll(Workflows.layer, ClusterLocating.layer, Forgetting.layer, health)),
        Layer.provide(engine),
        Layer.provide(Layer.mergeAll(sources(flags), Worker.layer(concurrency), RunWatch.layer)),
        Layer.provideMerge(checked),
        Layer.provideMerge(
          Layer.merge(
            WorkerActivity.layer,
            Layer.provideMerge(locator(flags), repositories(flags, concurrency, idleInTransaction)),
          ),
        ),
      )
    }),
  ).pipe(withLog(flags))
}

export const handler = Effect.fn("worker")(
  function* ({ host, port, stallTimeout }: WorkerFlags) {
    const database = yield* Database
    const name = isIP(host) === 6 ? `[${host}]` : host
    const locator = yield* GeoLocator
    yield* Effect.logInfo(
      `etl ${version}: worker at ${name}:${port} for ${database.name}, places: ${locator.name}; health: http://${name}:${port + 1}/healthz`,
    )
    return yield* Health.watch(stallTimeout)
  },
  logEnd,
  Effect.onInterrupt(() =>
    Effect.logInfo("The worker is stopping: it finishes its current chunks, and releases the rest."),
  ),
)
