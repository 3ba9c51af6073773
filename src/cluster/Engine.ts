// The engine of a cluster: its settings, and its layers for workers and for clients.

import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { Duration, Effect, Layer, Option } from "effect"
import {
  ClusterWorkflowEngine,
  RunnerAddress,
  RunnerHealth,
  Runners,
  ShardingConfig,
  SocketRunner,
  SqlMessageStorage,
  SqlRunnerStorage,
} from "effect/cluster"
import { RpcSerialization } from "effect/rpc"
import { engineLog } from "./engineLog.ts"
import * as Transport from "./transport.ts"

/** The host and port at which other workers reach one, and the address on which it listens. */
export interface WorkerAddress {
  readonly host: string
  readonly port: number
  readonly address: string
}

/**
 * With less, a burst of work made workers lose the locks of their shards without noticing (effect 4.1.0, 5 s: four
 * trials of four stalled; 15 s: none of five). After this time the work of a killed worker is given to others.
 */
export const shardLockExpiration = Duration.seconds(15)

/** The sender of a message notifies its receiver; this is how often lost notifications are made up for. */
const entityMessagePollInterval = "1 second"

/**
 * How long a worker may keep the work of a shard that goes to a new worker. Short, since checkpoints make it cheap to
 * start again: with the engine's 15 s, 60 files were loaded by the first of three workers alone.
 */
const entityTerminationTimeout = "1 second"

const common = {
  shardLockExpiration,
  shardLockRefreshInterval: "5 seconds",
  entityMessagePollInterval,
  entityTerminationTimeout,
} as const

const storage = Layer.mergeAll(
  SqlMessageStorage.layer.pipe(Layer.provide(NodeCrypto.layerDigest)),
  Layer.orDie(SqlRunnerStorage.layer),
  RpcSerialization.layerSchemaBinary(),
)

const health = RunnerHealth.layerPing.pipe(Layer.provide(Runners.layerRpc))

/** The engine of a worker, in the database of a `SqlClient`. */
export const worker = ({ address, host, port }: WorkerAddress) =>
  ClusterWorkflowEngine.layer.pipe(
    Layer.provideMerge(SocketRunner.layer),
    Layer.provide(health),
    Layer.provide(Transport.client),
    Layer.provide(storage),
    Layer.provide(
      ShardingConfig.layerFromEnv({ ...common, runnerAddress: Option.some(RunnerAddress.make(host, port)) }),
    ),
    Layer.provide(engineLog),
    Layer.provide(Transport.server(address, port)),
    // `listenAddress` reports foreseeable failures.
    Layer.catchTag("SocketServerError", (error) => Layer.effectContext(Effect.die(error))),
  )

/** The engine of a client, which hands runs over and does none of their work. */
export const client = ClusterWorkflowEngine.layer.pipe(
  Layer.provideMerge(SocketRunner.layerClientOnly),
  Layer.provide(Transport.client),
  Layer.provide(storage),
  Layer.provide(ShardingConfig.layerFromEnv(common)),
  Layer.provide(engineLog),
)
