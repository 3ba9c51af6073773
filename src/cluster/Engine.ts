import * as NodeClusterSocket from "@effect/platform-node/NodeClusterSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import { Duration, Effect, Layer, Option, Predicate, Schema } from "effect"
import { ClusterWorkflowEngine, RunnerAddress } from "effect/cluster"
import { engineLog } from "./engineLog.ts"

/** Where the other workers find one. */
export interface WorkerAddress {
  readonly host: string
  readonly port: number
}

/** Whether nobody but this machine can reach the address. */
export const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || host.startsWith("127.")

/** What a worker listens on: where it is not alone on its machine, its host may be a name that only others know. */
export const listenHost = (host: string): string => (isLoopback(host) ? host : "0.0.0.0")

/** A port cannot be listened on. The engine itself would go on without, and be found by nobody. */
class PortError extends Schema.TaggedError<PortError>()("PortError", { message: Schema.String }) {}

const codeOf = (cause: unknown): string =>
  Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code) ? cause.code : "unknown"

const explain = (code: string): string => {
  switch (code) {
    case "EADDRINUSE":
      return "it is taken (EADDRINUSE), perhaps by another worker. Give this one a --port of its own: it takes that and the next."
    case "EACCES":
      return "this user may not (EACCES). Give a --port from 1024 on."
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `--host is no address of this machine (${code}). Correct it.`
    default:
      return `${code}. Give another --port or --host.`
  }
}

/** Tries whether the ports can be listened on. */
export const checkPorts = (host: string, ports: ReadonlyArray<number>) =>
  Effect.forEach(
    ports,
    (port) =>
      Effect.scoped(NodeSocketServer.make({ host, port })).pipe(
        Effect.mapError(
          ({ reason }) =>
            new PortError({ message: `${host}:${port} cannot be listened on: ${explain(codeOf(reason.cause))}` }),
        ),
      ),
    { discard: true },
  )

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

/** The engine of a worker, in the database of a `SqlClient`. */
export const worker = ({ host, port }: WorkerAddress) =>
  ClusterWorkflowEngine.layer.pipe(
    Layer.provideMerge(
      NodeClusterSocket.layer({
        storage: "sql",
        shardingConfig: {
          ...common,
          runnerAddress: Option.some(RunnerAddress.make(host, port)),
          runnerListenAddress: Option.some(RunnerAddress.make(listenHost(host), port)),
        },
      }),
    ),
    Layer.provide(engineLog),
    // `checkPorts` has told of what can be foreseen.
    Layer.catchTag("SocketServerError", (error) => Layer.effectContext(Effect.die(error))),
  )

/** The engine of one who hands runs over, and does nothing of them. */
export const client = ClusterWorkflowEngine.layer.pipe(
  Layer.provideMerge(NodeClusterSocket.layer({ clientOnly: true, storage: "sql", shardingConfig: common })),
  Layer.provide(engineLog),
)
