// RPC between processes that share a database: TLS 1.3, in which both ends prove that they have its key.

import type { ConnectionOptions, TlsOptions } from "node:tls"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import { Effect, Layer, Logger, Option, Predicate, Redacted } from "effect"
import { Runners } from "effect/cluster"
import { RpcClient, RpcSerialization } from "effect/rpc"
import { Socket, SocketServer } from "effect/socket"
import { ClusterRuns } from "../repo/ClusterRuns.ts"

const tls13 = { minVersion: "TLSv1.3", maxVersion: "TLSv1.3", ciphers: "TLS_AES_128_GCM_SHA256" } as const

/** There is one key, and TLS asks for its name. */
const identity = "user-activity-etl"

/** Milliseconds. A handshake takes a few; a peer that does not finish it does not have the key. */
const handshakeTimeout = 5_000

const serverOptions = (key: Uint8Array): TlsOptions => ({
  ...tls13,
  handshakeTimeout,
  pskCallback: () => key,
})

/** How a process that has the key connects. */
export const clientOptions = (key: Uint8Array): ConnectionOptions => ({
  ...tls13,
  pskCallback: () => ({ psk: key, identity }),
  // With a key there is no certificate to reject, but NODE_TLS_REJECT_UNAUTHORIZED=0 must not admit a server without
  // the key.
  rejectUnauthorized: true,
  // Only called where the server shows a certificate: then it does not have the key, whatever CA signed the
  // certificate.
  checkServerIdentity: () => new Error("The server proves itself by a certificate, not by the cluster's key."),
  ca: [],
})

/** The address of the other end; read while the connection is open, as a closed socket does not have it. */
const peer = Effect.map(
  Effect.serviceOption(NodeSocket.NetSocket),
  Option.match({ onNone: () => "unknown", onSome: (socket) => `${socket.remoteAddress}:${socket.remotePort}` }),
)

const reasonOf = ({ message, reason }: Socket.SocketError): string =>
  Predicate.hasProperty(reason, "cause") && Predicate.isError(reason.cause) ? reason.cause.message : message

/**
 * Listens, on an address of this machine, for peers that have the key. A connection that breaks is no error: the peer
 * ended.
 */
export const server = (address: string, port: number) =>
  Layer.effect(
    SocketServer.SocketServer,
    Effect.gen(function* () {
      const key = yield* (yield* ClusterRuns).key
      const server = yield* NodeSocketServer.makeTls({ host: address, port, ...serverOptions(Redacted.value(key)) })
      // The engine serves connections, and its own logger would drop this line.
      const loggers = yield* Logger.CurrentLoggers
      const serve = <A, E, R>(connection: Effect.Effect<A, E, R>) =>
        Effect.flatMap(peer, (peer) =>
          Effect.catchDefect(connection, (defect) =>
            Socket.isSocketError(defect)
              ? Effect.provideService(
                  Effect.logDebug(`The connection from ${peer} broke: ${reasonOf(defect)}`),
                  Logger.CurrentLoggers,
                  loggers,
                )
              : Effect.die(defect),
          ),
        )
      return SocketServer.SocketServer.of({
        ...server,
        run: (handler) => server.run((socket) => serve(handler(socket))),
      })
    }),
  )

/** Opens connections to workers. The key is read for each: a client may start before its database has one. */
export const client = Layer.effect(
  Runners.RpcClientProtocol,
  Effect.gen(function* () {
    const clusterRuns = yield* ClusterRuns
    const serialization = yield* RpcSerialization.RpcSerialization
    return {
      codecFor: serialization.codecFor,
      make: Effect.fnUntraced(function* ({ host, port }) {
        const key = yield* clusterRuns.key
        const socket = yield* NodeSocket.makeTls({
          host,
          port,
          openTimeout: "1 second",
          ...clientOptions(Redacted.value(key)),
        })
        return yield* RpcClient.makeProtocolSocket().pipe(
          Effect.provideService(Socket.Socket, socket),
          Effect.provideService(RpcSerialization.RpcSerialization, serialization),
        )
      }, Effect.orDie),
    }
  }),
)
