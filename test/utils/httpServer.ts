import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Effect } from "effect"

/** An HTTP server of 127.0.0.1 until the scope closes; its URL. */
export const httpServer = (handle: (request: IncomingMessage, response: ServerResponse) => void) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const server = createServer(handle).listen(0, "127.0.0.1")
      await once(server, "listening")
      return server
    }),
    (server) =>
      Effect.promise(async () => {
        const closed = once(server, "close")
        server.close()
        server.closeAllConnections()
        await closed
      }),
  ).pipe(Effect.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`))

/** Writes the same bytes until the client closes the connection, or they are so many. Resolves to how many were written. */
export const flood = async (response: ServerResponse, bytes: Uint8Array, most = Infinity): Promise<number> => {
  const closed = once(response, "close")
  let written = 0
  while (!response.closed && written < most) {
    written += bytes.length
    if (!response.write(bytes)) await Promise.race([once(response, "drain"), closed])
  }
  response.end()
  return written
}
