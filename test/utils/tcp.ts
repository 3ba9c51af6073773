// TCP servers, relays and ports for tests.

import { Effect } from "effect"
import { connect, createServer, type Socket } from "node:net"

/** Connects a client to a port of 127.0.0.1, both ways; `pass` forwards the client's bytes. */
export const relay = (
  client: Socket,
  port: number,
  pass = (bytes: Uint8Array, server: Socket): void => void server.write(bytes),
): Socket => {
  const server = connect(port, "127.0.0.1").on("error", () => client.destroy())
  client.on("close", () => server.destroy())
  client.on("data", (bytes) => pass(bytes, server))
  server.pipe(client)
  return server
}

/** The port of a TCP server on 127.0.0.1, open until the scope closes. Its connections close with it. */
export const tcpServer = (onConnection: (socket: Socket) => void) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<{ readonly port: number; readonly close: () => void }>((resume) => {
        const sockets = new Set<Socket>()
        const server = createServer((socket) => {
          sockets.add(socket)
          socket.on("error", () => {}).on("close", () => sockets.delete(socket))
          onConnection(socket)
        })
        server.listen(0, "127.0.0.1", () => {
          const { port } = server.address() as { readonly port: number }
          const close = () => {
            server.close()
            for (const socket of sockets) socket.destroy()
          }
          resume(Effect.succeed({ port, close }))
        })
      }),
      ({ close }) => Effect.sync(close),
    ),
    ({ port }) => port,
  )

const isFree = (port: number) =>
  Effect.callback<boolean>((resume) => {
    const server = createServer()
    server.once("error", () => resume(Effect.succeed(false)))
    server.listen(port, "127.0.0.1", () => server.close(() => resume(Effect.succeed(true))))
  })

/**
 * The first of two consecutive ports of 127.0.0.1 that were free a moment ago. Neither is in the system's range for
 * outgoing connections: a server on them can restart.
 */
export const consecutivePorts: Effect.Effect<number> = Effect.gen(function* () {
  for (;;) {
    const port = 15_000 + 2 * Math.floor(Math.random() * 8_000)
    if ((yield* isFree(port)) && (yield* isFree(port + 1))) return port
  }
})
