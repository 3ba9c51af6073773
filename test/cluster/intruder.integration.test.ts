import * as NodeSocket from "@effect/platform-node/NodeSocket"
import { assert, describe, it } from "@effect/vitest"
import { type Duration, Effect, Exit, Layer, type Scope } from "effect"
import { Runners } from "effect/cluster"
import { RpcClient, RpcSerialization } from "effect/rpc"
import type { Socket } from "effect/socket"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { connect } from "node:net"
import { connect as connectTls, createServer, type TlsOptions } from "node:tls"
import { vi } from "vitest"
import * as Transport from "../../src/cluster/transport.ts"
import { makeCertificates } from "../utils/certificates.ts"
import { makeDatabase } from "../utils/etl.ts"
import { spawnEtl } from "../utils/etlChild.ts"
import { temporaryDirectory } from "../utils/postgres.ts"
import { consecutivePorts } from "../utils/tcp.ts"

/** Whether a worker answers who speaks to it over this socket: one that answers pings runs what it is sent. */
const isAnswered = (socket: Layer.Layer<Socket.Socket, Socket.SocketError>, within: Duration.Input = "2 seconds") =>
  Effect.gen(function* () {
    const client = yield* Runners.makeRpcClient
    const exit = yield* Effect.exit(Effect.timeout(client.Ping(), within))
    return Exit.isSuccess(exit)
  }).pipe(
    Effect.provide(
      RpcClient.layerProtocolSocket({ retryTransientErrors: false }).pipe(
        Layer.provide([socket, RpcSerialization.layerSchemaBinary()]),
      ),
    ),
    Effect.scoped,
  )

/** What a worker sees of a client that is killed so many milliseconds after it has connected. */
const connectAndReset = Effect.fnUntraced(function* (port: number, key: Uint8Array, millis: number) {
  const socket = connect(port, "127.0.0.1")
  const secure = connectTls({ socket, ...Transport.clientOptions(key) }).on("error", () => {})
  yield* Effect.promise(() => once(secure, "secureConnect"))
  yield* Effect.sleep(millis)
  socket.resetAndDestroy()
  yield* Effect.sleep(millis)
})

const at = (port: number) => ({ host: "127.0.0.1", port })

describe("a worker", () => {
  it.live("answers those alone who know the key of its database", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const port = yield* consecutivePorts
      const cwd = yield* temporaryDirectory
      const worker = yield* spawnEtl(["--log-level", "debug", "worker", "--port", String(port), "--geo", "none"], {
        cwd,
        env,
      })
      yield* worker.says(/health: /)
      const [row] = yield* query<{ key: Uint8Array }>("select key from etl_cluster_key")
      const { key } = row!
      assert.strictEqual(key.length, 32)
      const withKey = (key: Uint8Array) => NodeSocket.layerTls({ ...at(port), ...Transport.clientOptions(key) })

      assert.isTrue(yield* isAnswered(withKey(key), "1 minute"), "with the key")
      assert.isFalse(yield* isAnswered(NodeSocket.layerNet(at(port))), "in plain text")
      assert.isFalse(yield* isAnswered(withKey(randomBytes(32))), "with another key")
      const withoutKey = NodeSocket.layerTls({ ...at(port), rejectUnauthorized: false })
      assert.isFalse(yield* isAnswered(withoutKey), "with none")
      const tls12 = { minVersion: "TLSv1.2", maxVersion: "TLSv1.2", ciphers: "PSK-AES128-GCM-SHA256" } as const
      const older = NodeSocket.layerTls({ ...at(port), ...Transport.clientOptions(key), ...tls12 })
      assert.isFalse(yield* isAnswered(older), "by an older version of TLS")
      assert.isTrue(yield* isAnswered(withKey(key), "1 minute"), "with the key, afterwards")

      const broke = /^DEBUG The connection from 127\.0\.0\.1:\d+ broke: read ECONNRESET$/m
      // The worker ends its handshake later.
      for (let millis = 10; !broke.test(worker.output.stderr); millis *= 2) yield* connectAndReset(port, key, millis)
      yield* worker.signal("SIGTERM")
      yield* worker.ended
      assert.notMatch(worker.output.stderr, /The cluster's engine|^(WARN|ERROR)/m)
    }).pipe(Effect.scoped),
  )
})

/** A server that listens where a worker would. */
const impostor = (options: TlsOptions): Effect.Effect<{ port: number; heard: () => number }, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<{ port: number; heard: () => number; close: () => void }>((resume) => {
        let heard = 0
        const server = createServer(options, (socket) => socket.on("data", (bytes) => (heard += bytes.length)))
        server.on("tlsClientError", () => {})
        server.listen(0, "127.0.0.1", () => {
          const { port } = server.address() as { readonly port: number }
          resume(Effect.succeed({ port, heard: () => heard, close: () => server.close() }))
        })
      }),
      ({ close }) => Effect.sync(close),
    ),
    ({ heard, port }) => ({ port, heard }),
  )

describe("a client", () => {
  it.live("says nothing to who proves itself by a certificate, whoever has signed that", () =>
    Effect.gen(function* () {
      const { ca, certificate, key } = makeCertificates("localhost")
      const tls = { minVersion: "TLSv1.3", ciphers: "TLS_AES_128_GCM_SHA256" } as const
      const { heard, port } = yield* impostor({ ...tls, cert: certificate, key })
      const options = { ...Transport.clientOptions(randomBytes(32)), host: "localhost", port }
      assert.isFalse(yield* isAnswered(NodeSocket.layerTls(options)))
      assert.isFalse(yield* isAnswered(NodeSocket.layerTls({ ...options, ca })))
      // People set this for a store whose CA they do not have.
      vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0")
      yield* Effect.addFinalizer(() => Effect.sync(() => vi.unstubAllEnvs()))
      assert.isFalse(yield* isAnswered(NodeSocket.layerTls(options)))
      assert.strictEqual(heard(), 0)
      const trusting = NodeSocket.layerTls({ ...tls, host: "localhost", port, ca })
      assert.isFalse(yield* isAnswered(trusting))
      assert.isAbove(heard(), 0, "the test would see it")
    }).pipe(Effect.scoped),
  )
})
