// The work of `etl worker`.

import { isIP } from "node:net"
import { Context, Duration, Effect, type FileSystem, Layer, type Path, RcMap } from "effect"
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
import * as PgServer from "../../database/PgServer.ts"
import { GeoLocator } from "../../geo/GeoLocator.ts"
import { version } from "../../observability/version.ts"
import { UserRepo } from "../../repo/UserRepo.ts"
import { Source } from "../../source/Source.ts"
import { checked, chooseServer, engineDatabase } from "../clusterLayers.ts"
import { UsageError } from "../CommandError.ts"
import type { WorkerFlags } from "../commands/worker.ts"
import { logEnd } from "../Defect.ts"
import { checkLocators, locator, repositories, withLog } from "../layers.ts"
import { openSource } from "../sources.ts"

const sources = (flags: WorkerFlags) =>
  Layer.effect(
    Sources,
    Effect.gen(function* () {
      const platform = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
      // A source is opened once for all files of it: a client of S3 asks for credentials each time.
      const opened = yield* RcMap.make({
        lookup: (reference: SourceReference) =>
          openSource(reference, flags).pipe(Effect.provideContext(platform), Effect.map(Context.get(Source))),
        idleTimeToLive: "10 seconds",
      })
      return { open: (reference) => RcMap.get(opened, reference) }
    }),
  )

/** The tables are there before any work is taken. */
const ready = Layer.effectDiscard(Effect.flatMap(UserRepo, ({ migrate }) => migrate)).pipe(Layer.provideMerge(checked))

/** Workers on several machines may use one database and none find the other, or each believe to be it. */
const warnOfLoopback = Effect.fnUntraced(function* (flags: WorkerFlags) {
  const { url } = yield* chooseServer(flags)
  const { host } = yield* PgServer.config(url)
  if (!isLoopback(flags.host) || isLoopback(host) || host.startsWith("/")) return
  yield* Effect.logWarning(
    `--host is ${flags.host}, where only this machine reaches the worker, and the database is on ${host}. If workers run on other machines too, give each --host with its own name or address: else they do not find each other.`,
  )
})

const listenOn = ({ host, listen, port }: WorkerFlags) =>
  Effect.mapError(listenAddress(host, listen, [port, port + 1]), ({ message }) => new UsageError({ message }))

/** How long a worker may take to leave: what it holds is given to others only when it has. */
const longestLeave = 20_000

/** The engine was seen to wait for ever for work that it could not end. */
const leaves = Layer.effectDiscard(
  Effect.addFinalizer(() =>
    Effect.sync(() => setTimeout(() => process.exit(process.exitCode ?? 6), longestLeave).unref()),
  ),
)

/**
 * A worker that says nothing for so long has lost its shards. A transaction that it has left open goes with them: else
 * whoever is given its work would wait for the rows that it has locked, for ever where it was stopped.
 */
const idleInTransaction = Duration.toMillis(Engine.shardLockExpiration)

/** A worker, which works from now on. */
export const layer = (flags: WorkerFlags) => {
  const { concurrency, host, port, stallTimeout } = flags
  return Layer.unwrap(
    Effect.gen(function* () {
      yield* warnOfLoopback(flags)
      yield* checkLocators(flags)
      const address = yield* listenOn(flags)
      const health = Health.layer({ host: address, port: port + 1, stallTimeout })
      const engine = Engine.worker({ host, port, address }).pipe(Layer.provide(engineDatabase(flags)))
      return leaves.pipe(
        Layer.provideMerge(Layer.mergeAll(Workflows.layer, ClusterLocating.layer, Forgetting.layer, health)),
        Layer.provide(engine),
        Layer.provide(Layer.mergeAll(sources(flags), Worker.layer(concurrency), RunWatch.layer)),
        Layer.provideMerge(ready),
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
    const users = yield* UserRepo
    const name = isIP(host) === 6 ? `[${host}]` : host
    const locator = yield* GeoLocator
    yield* Effect.logInfo(
      `etl ${version}: worker at ${name}:${port} for ${users.name}, places: ${locator.name}; health: http://${name}:${port + 1}/healthz`,
    )
    return yield* Health.watch(stallTimeout)
  },
  logEnd,
  Effect.onInterrupt(() => Effect.logInfo("The worker leaves: it ends the chunks in hand, and gives the rest back.")),
)
