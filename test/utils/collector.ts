// An OpenTelemetry collector that keeps its requests.

import { Effect } from "effect"
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue?: string; readonly intValue?: number | string; readonly boolValue?: boolean }
}

interface OtlpSpan {
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly attributes: ReadonlyArray<Attribute>
  readonly events: ReadonlyArray<object>
  readonly status: { readonly code: number; readonly message?: string }
}

interface OtlpPoint {
  readonly attributes: ReadonlyArray<Attribute>
  readonly asInt?: number | string
  readonly asDouble?: number
  readonly count?: number | string
  readonly sum?: number
}

interface OtlpMetric {
  readonly name: string
  readonly unit: string
  readonly sum?: { readonly isMonotonic: boolean; readonly dataPoints: ReadonlyArray<OtlpPoint> }
  readonly gauge?: { readonly dataPoints: ReadonlyArray<OtlpPoint> }
  readonly histogram?: { readonly dataPoints: ReadonlyArray<OtlpPoint> }
}

export interface ReceivedRequest {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** A list of attributes as an object. */
export const attributesOf = (attributes: ReadonlyArray<Attribute>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.boolValue ?? Number(value.intValue)]),
  )

/** A collector on a free port of 127.0.0.1. `answer` responds to a request; by default with 200. */
export const collector = Effect.fnUntraced(function* (
  answer: (response: ServerResponse) => void = (response) =>
    void response.setHeader("content-type", "application/json").end("{}"),
) {
  const requests: Array<ReceivedRequest> = []
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      requests.push({ path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks) })
      answer(response)
    })
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      }),
  )
  const received = (path: string) =>
    requests.filter((request) => request.path === path).map(({ body }) => JSON.parse(body.toString("utf8")))

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: requests as ReadonlyArray<ReceivedRequest>,
    /** Spans sent as http/json. */
    spans: (): ReadonlyArray<OtlpSpan> =>
      received("/v1/traces").flatMap(({ resourceSpans }) =>
        resourceSpans.flatMap(({ scopeSpans }: any) => scopeSpans.flatMap(({ spans }: any) => spans)),
      ),
    /** The last metrics sent as http/json. */
    metrics: (): ReadonlyArray<OtlpMetric> =>
      received("/v1/metrics")
        .at(-1)
        .resourceMetrics.flatMap(({ scopeMetrics }: any) => scopeMetrics.flatMap(({ metrics }: any) => metrics)),
    text: () => requests.map(({ body }) => body.toString("latin1")).join("\n"),
  }
})
