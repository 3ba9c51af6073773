import { assert, describe, it } from "@effect/vitest"
import { Effect, Metric } from "effect"
import * as Metrics from "../../src/observability/Metrics.ts"
import { noRecords } from "../../src/domain/RunSummary.ts"

/** What the registry holds of a metric: attributes without the unit, and the state. */
const statesOf = (id: string) =>
  Effect.map(Metric.snapshot, (snapshots) =>
    snapshots.flatMap((snapshot) => {
      if (snapshot.id !== id) return []
      const { unit: _, ...attributes } = snapshot.attributes ?? {}
      return [[attributes, snapshot.state] as const]
    }),
  )

describe("Metrics", () => {
  it.effect("are in the registry of whoever embeds the pipeline", () =>
    Effect.gen(function* () {
      yield* Metrics.countChunk({ ...noRecords, read: 5, inserted: 4, rejected: 1 }, 0.2)
      yield* Metrics.countChunk({ ...noRecords, read: 2, inserted: 2, blanked: 3 }, 0.4)
      yield* Metrics.recordQueue(12)
      yield* Metrics.recordQueue(7)
      yield* Metrics.countRequest("ip-api", { status: 200 })
      yield* Metrics.countRequest("ip-api", { status: 200 })
      yield* Metrics.countRequest("ip-api", { error: "ECONNREFUSED" })
      assert.sameDeepMembers(yield* statesOf("etl.records"), [
        [{ outcome: "inserted" }, { count: 6n, incremental: true }],
        [{ outcome: "rejected" }, { count: 1n, incremental: true }],
      ])
      assert.deepStrictEqual(yield* statesOf("etl.values.blanked"), [[{}, { count: 3n, incremental: true }]])
      assert.deepStrictEqual(yield* statesOf("etl.locating.queue"), [[{}, { value: 7n }]])
      assert.sameDeepMembers(yield* statesOf("etl.locator.requests"), [
        [
          { "etl.locator.provider": "ip-api", "http.response.status_code": "200" },
          { count: 2n, incremental: true },
        ],
        [
          { "etl.locator.provider": "ip-api", "error.type": "ECONNREFUSED" },
          { count: 1n, incremental: true },
        ],
      ])
      const [durations] = yield* statesOf("etl.chunk.duration")
      assert.deepInclude(durations?.[1], { count: 2, min: 0.2, max: 0.4 })
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map())),
  )
})
