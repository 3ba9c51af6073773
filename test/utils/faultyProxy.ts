// An HTTP server in front of another one that fails as a test wants.

import { once } from "node:events"
import { type IncomingMessage, request, type ServerResponse } from "node:http"
import { Effect } from "effect"
import { httpServer } from "./httpServer.ts"

/** What the proxy does to a request: another answer, none, or one that fails `after` bytes of its body. */
export type Fault =
  | { readonly answer: number; readonly headers?: Record<string, string>; readonly body?: string | Uint8Array }
  | { readonly after: number; readonly fails: "end" | "reset" | "stall" }
  | "no answer"

export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage["headers"]
  /** Resolves when the answer ends, to whether all of it was sent. */
  readonly over: Promise<boolean>
}

const sendPart = async (upstream: IncomingMessage, response: ServerResponse, after: number) => {
  let left = after
  response.flushHeaders()
  for await (const chunk of upstream) {
    response.write(chunk.subarray(0, left))
    left -= chunk.length
    if (left <= 0) break
  }
  // The bytes must leave before the connection breaks.
  await new Promise((resolve) => setTimeout(resolve, 20))
}

/** `state.faults` is called once per request, in order, and returns its fault. */
export const makeFaultyProxy = Effect.fnUntraced(function* (target: string) {
  const seen: Array<Seen> = []
  const state = { faults: (_: Seen, _index: number): Fault | undefined => undefined }

  const handle = (incoming: IncomingMessage, response: ServerResponse) => {
    const over = once(response, "close").then(() => response.writableFinished)
    const { method = "", url = "", headers } = incoming
    const one = { method, url, headers, over }
    const fault = state.faults(one, seen.push(one) - 1)
    if (fault === "no answer") return
    if (fault !== undefined && "answer" in fault) {
      const { body = "", headers = {} } = fault
      const length = "transfer-encoding" in headers ? {} : { "content-length": Buffer.byteLength(body) }
      response.writeHead(fault.answer, { ...length, ...headers })
      response.end(body)
      return
    }
    const forwarded = request(new URL(url, target), { method, headers }, (upstream) => {
      response.writeHead(upstream.statusCode ?? 500, upstream.headers)
      response.once("close", () => upstream.destroy())
      if (fault === undefined) return upstream.pipe(response)
      void sendPart(upstream, response, fault.after).then(() => {
        if (fault.fails === "reset") response.socket?.resetAndDestroy()
        if (fault.fails === "end") response.socket?.end()
      })
    })
    forwarded.on("error", () => response.destroy())
    incoming.pipe(forwarded)
  }

  const endpoint = yield* httpServer(handle)
  return { endpoint, port: Number(new URL(endpoint).port), seen, state }
})
