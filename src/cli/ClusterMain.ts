import { Context, Duration, Effect, Layer, Option, RcMap } from "effect"
import { chooseDatabase } from "./chooseDatabase.ts"
import { Cluster } from "./Cluster.ts"
import { UsageError } from "./CommandError.ts"
import type { FollowFlags, FollowServices } from "./commands/follow.ts"
import type { InitFlags } from "./commands/init.ts"
import { loadInCluster } from "./loadInCluster.ts"
import type { RunServices } from "./commands/run.ts"
import type { RunFlags } from "./flags/runFlags.ts"
import type { WorkerFlags, WorkerServices } from "./commands/worker.ts"
import * as Engine from "../cluster/Engine.ts"
import { checkEndpoint } from "../cluster/endpoints.ts"
import * as Health from "../cluster/health.ts"
import { isLoopback, listenAddress } from "../cluster/listen.ts"
import type { SourceReference } from "../cluster/LoadRun.ts"
import * as Forgetting from "../cluster/forgetting.ts"
import * as ClusterLocating from "../cluster/locating.ts"
import { RunWatch } from "../cluster/RunWatch.ts"
import { Sources } from "../cluster/Sources.ts"
import { WorkerActivity } from "../cluster/WorkerActivity.ts"
import { Worker } from "../cluster/Worker.ts"
import * as Workflows from "../cluster/workflows.ts"
import * as PgServer from "../database/PgServer.ts"
import { GeoLocator } from "../geo/GeoLocator.ts"
import { checkQuota, locator, platform, repositories, type RunError, source, withLog } from "./layers.ts"
import { ClusterRuns } from "../repo/ClusterRuns.ts"
import { UserRepo } from "../repo/UserRepo.ts"
import { Source } from "../source/Source.ts"
import { SourceError } from "../domain/SourceFile.ts"

/** Connections of the engine itself: one keeps its locks. */
const engineConnections = 4

/** Asked before anything is opened: an embedded database would be made. */
const chooseServer = Effect.fnUntraced(function* (flags: InitFlags) {
  const choice = yield* chooseDatabase(flags)
  if (choice._tag === "Server") return choice
  return yield* new UsageError({
    message:
      "A cluster needs a PostgreSQL server that all workers reach: name it by --database-url, DATABASE_URL or the DB_ variables. The embedded database has one process.",
  })
})

const engineDatabase = (flags: InitFlags) =>
  Layer.unwrap(Effect.map(chooseServer(flags), ({ url }) => PgServer.layer({ url, maxConnections: engineConnections })))

/** The source that a run refers to, as the flags of `etl run` would name it. */
const sourceOf = (reference: SourceReference) =>
  reference._tag === "Path"
    ? source({
        source: reference.path,
        aws: false,
        bucket: Option.none(),
        region: Option.none(),
        endpoint: Option.none(),
        sign: false,
      })
    : source({
        source: reference.prefix,
        aws: true,
        bucket: Option.some(reference.bucket),
        region: Option.fromUndefinedOr(reference.region),
        endpoint: Option.fromUndefinedOr(reference.endpoint),
        sign: reference.sign,
      })

/** Who handed the run over has seen the source: it is this worker that has not. */
const notSeenBy =
  (host: string, reference: SourceReference) =>
  <E>(error: E) =>
    error instanceof SourceError && reference._tag === "Path"
      ? new SourceError({
          ...error,
          message: `${error.message} The worker at ${host} looked: every worker must see the source at that path.`,
        })
      : error

const sources = ({ endpoint, host }: WorkerFlags) =>
  Layer.effect(
    Sources,
    Effect.gen(function* () {
      // A source is opened once for all files of it: a client of S3 asks for credentials each time.
      const opened = yield* RcMap.make({
        lookup: Effect.fnUntraced(function* (reference: SourceReference) {
          yield* checkEndpoint(reference, endpoint, host)
          const context = yield* Layer.build(Layer.provide(sourceOf(reference), platform)).pipe(
            Effect.mapError(notSeenBy(host, reference)),
          )
          return Context.get(context, Source)
        }),
        idleTimeToLive: "10 seconds",
      })
      return { open: (reference) => RcMap.get(opened, reference) }
    }),
  )

/** Told before the engine makes its tables. */
const checked = Layer.effectDiscard(Effect.flatMap(ClusterRuns, ({ checkServer }) => checkServer))

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
export const worker = (flags: WorkerFlags): Layer.Layer<WorkerServices, RunError> => {
  const { concurrency, host, port, stallTimeout } = flags
  return Layer.unwrap(
    Effect.gen(function* () {
      yield* warnOfLoopback(flags)
      yield* checkQuota(flags)
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

/** Places are found by the workers. */
const elsewhere = Layer.succeed(GeoLocator, { name: "by the workers", instant: undefined, service: undefined })

const watching = (flags: InitFlags) =>
  Layer.unwrap(
    Effect.as(chooseServer(flags), checked.pipe(Layer.provideMerge(repositories(flags)), Layer.merge(elsewhere))),
  )

/** What it takes to follow a run. */
export const follow = (flags: FollowFlags): Layer.Layer<FollowServices, RunError> =>
  watching(flags).pipe(withLog(flags))

const client = (flags: InitFlags) =>
  Engine.client.pipe(Layer.provide(engineDatabase(flags)), Layer.provideMerge(watching(flags)))

/** Loads in the cluster what the run's own services would load here. */
const cluster = Layer.effect(
  Cluster,
  Effect.gen(function* () {
    const context = yield* Effect.context<Effect.Services<ReturnType<typeof loadInCluster>>>()
    return Option.some((...args: Parameters<typeof loadInCluster>) =>
      Effect.provideContext(loadInCluster(...args), context),
    )
  }),
)

/** The services of `etl run --cluster`. */
export const run = (flags: RunFlags): Layer.Layer<RunServices, RunError> =>
  cluster.pipe(Layer.provideMerge(Layer.merge(client(flags), source(flags)))).pipe(withLog(flags))
