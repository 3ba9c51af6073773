import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Context, Effect, Layer, Logger } from "effect"
import * as Engine from "../../src/cluster/Engine.ts"
import { RunWatch } from "../../src/cluster/RunWatch.ts"
import { Sources } from "../../src/cluster/Sources.ts"
import { WorkerActivity } from "../../src/cluster/WorkerActivity.ts"
import { Worker } from "../../src/cluster/Worker.ts"
import * as Workflows from "../../src/cluster/workflows.ts"
import * as PgServer from "../../src/database/PgServer.ts"
import { GeoLocator } from "../../src/geo/GeoLocator.ts"
import * as Repositories from "../../src/postgres/Repositories.ts"
import * as PgClusterRuns from "../../src/postgres/runs/PgClusterRuns.ts"
import { UserRepo } from "../../src/repo/UserRepo.ts"
import * as LocalSource from "../../src/source/LocalSource.ts"
import { Source } from "../../src/source/Source.ts"

// A worker as `etl worker` makes it, but for the time that it takes to write: as if it waited for something far away.
// Arguments: its port, connections that write at once, milliseconds that each transaction of users waits.

const [port = 0, concurrency = 0, latency = 0] = process.argv.slice(2).map(Number)

const slow = Layer.effect(
  UserRepo,
  Effect.map(UserRepo, (users) =>
    UserRepo.of({ ...users, upsert: (...args) => Effect.delay(users.upsert(...args), latency) }),
  ),
)

const platform = Layer.merge(NodeFileSystem.layer, NodePath.layer)

const sources = Layer.succeed(Sources, {
  open: (reference) =>
    reference._tag === "Path"
      ? Effect.map(
          Layer.build(Layer.provide(LocalSource.layer(String(reference["path"])), platform)),
          Context.get(Source),
        )
      : Effect.die(new Error("only paths are read")),
})

Workflows.layer.pipe(
  Layer.provide(
    Engine.worker({ address: "127.0.0.1", host: "127.0.0.1", port }).pipe(
      Layer.provide(PgServer.layerConfig({ maxConnections: 4 })),
    ),
  ),
  Layer.provide(
    Layer.mergeAll(sources, Worker.layer(concurrency), RunWatch.layer, WorkerActivity.layer, GeoLocator.none),
  ),
  Layer.provide(slow),
  Layer.provide(Layer.merge(Repositories.layer, PgClusterRuns.layer)),
  Layer.provide(PgServer.layerConfig({ maxConnections: 6 + concurrency })),
  // The engine's own would not tell which files are loaded.
  Layer.provide(Logger.layer([Logger.consoleLogFmt])),
  Layer.launch,
  NodeRuntime.runMain,
)
