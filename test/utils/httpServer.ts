// HTTP servers for tests.

import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Effect } from "effect"

/** The URL of an HTTP server on 127.0.0.1, open until the scope closes. */
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

/** Writes the bytes repeatedly until the client closes the connection, or `limit` is reached. Resolves to the count. */
export const flood = async (response: ServerResponse, bytes: Uint8Array, limit = Infinity): Promise<number> => {
  const closed = once(response, "close")
  let written = 0
  while (!response.closed && written < limit) {
    written += bytes.length
    if (!response.write(bytes)) await Promise.race([once(response, "drain"), closed])
  }
  response.end()
  return written
}
