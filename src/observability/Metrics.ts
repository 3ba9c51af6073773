// The metrics of a run, which Telemetry exports.

import { Effect, Metric } from "effect"
import { outcomes, type RecordCounts } from "../domain/RunSummary.ts"

const records = Metric.counter("etl.records", {
  description: "Records that were read and committed",
  attributes: { unit: "{record}" },
  bigint: true,
  incremental: true,
})

const recordsBy = outcomes.map((outcome) => [outcome, Metric.withAttributes(records, { outcome })] as const)

const badValues = Metric.counter("etl.values.blanked", {
  description: "Values that could not be used, and are null",
  attributes: { unit: "{value}" },
  bigint: true,
  incremental: true,
})

const chunkDuration = Metric.histogram("etl.chunk.duration", {
  description: "From when a chunk of a file is read until all of it is committed",
  attributes: { unit: "s" },
  boundaries: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
})

/** Counts, as a span has them. */
export const countAttributes = ({ blanked, ...ofRecords }: RecordCounts): Readonly<Record<string, number>> => ({
  ...Object.fromEntries(Object.entries(ofRecords).map(([outcome, count]) => [`etl.records.${outcome}`, count])),
  "etl.values.blanked": blanked,
})

/** Counts a committed chunk. `seconds`: since it was read. */
export const countChunk = Effect.fnUntraced(function* (counts: RecordCounts, seconds: number) {
  for (const [outcome, metric] of recordsBy) {
    if (counts[outcome] > 0) yield* Metric.update(metric, BigInt(counts[outcome]))
  }
  if (counts.blanked > 0) yield* Metric.update(badValues, BigInt(counts.blanked))
  yield* Metric.update(chunkDuration, seconds)
})

const queue = Metric.gauge("etl.locating.queue", {
  description: "Pending addresses, when they were last counted",
  attributes: { unit: "{address}" },
  bigint: true,
})

/** Records how many addresses are pending. */
export const recordQueue = (addresses: number) => Metric.update(queue, BigInt(addresses))

const requests = Metric.counter("etl.locator.requests", {
  description: "Requests to the service that locates addresses",
  attributes: { unit: "{request}" },
  bigint: true,
  incremental: true,
})

/** Counts a request to a service by the status of its answer, or by why there was none. */
export const countRequest = (provider: string, end: { readonly status: number } | { readonly error: string }) =>
  Metric.update(
    Metric.withAttributes(requests, {
      "etl.locator.provider": provider,
      ...("status" in end ? { "http.response.status_code": String(end.status) } : { "error.type": end.error }),
    }),
    1n,
  )
