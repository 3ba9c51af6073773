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

/** Where the other workers find one, and the address that it listens on. */
export interface WorkerAddress {
  readonly host: string
  readonly port: number
  readonly address: string
}

/**
 * With less than this a burst of work made workers lose the locks of their shards without noticing (effect 4.1.0, 5 s:
 * four trials of four stalled; 15 s: none of five). The work of a worker that is killed is given away after that.
 */
export const shardLockExpiration = Duration.seconds(15)

/** Messages are told by the one that sends them; those that got lost are found so often. */
const entityMessagePollInterval = "1 second"

/**
 * A worker that comes is given shards when those who have them let go of the work: soon, since checkpoints make it cheap to
 * begin again. With the engine's 15 s, 60 files were loaded by the first of three workers alone.
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
    // `listenAddress` reports what can be foreseen.
    Layer.catchTag("SocketServerError", (error) => Layer.effectContext(Effect.die(error))),
  )

/** The engine of one who hands runs over, and does nothing of them. */
export const client = ClusterWorkflowEngine.layer.pipe(
  Layer.provideMerge(SocketRunner.layerClientOnly),
  Layer.provide(Transport.client),
  Layer.provide(storage),
  Layer.provide(ShardingConfig.layerFromEnv(common)),
  Layer.provide(engineLog),
)
