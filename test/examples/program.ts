// Runs the examples and checks what they do: from the sources, and in programs that have the
// package installed.

import { deepStrictEqual, strictEqual } from "node:assert/strict"
import { Effect, Stream } from "effect"
import { Pipeline } from "user-activity-etl"
import { load } from "./folder.ts"
import * as host from "./host.ts"
import { loadOwn, People } from "./own.ts"
import * as pieces from "./pieces.ts"
import { tested } from "./readme.ts"

const own = Effect.gen(function* () {
  const bytes = new TextEncoder().encode("Mail,IP\nada@example.com,81.2.69.142\n")
  const nowhere = { country: null, region: null, timezone: null, isp_name: null }
  const london = { ...nowhere, latitude: 51.5, longitude: -0.1, city: "London" }
  const { totals } = yield* loadOwn(
    {
      list: async () => [{ key: "1.csv", version: "1", size: bytes.length }],
      get: async (_key, _version, start) => bytes.subarray(start),
    },
    async (addresses) => Object.fromEntries(addresses.map((address) => [address, london])),
  )
  strictEqual(totals.inserted, 1)
  strictEqual((yield* People).get("ada@example.com")?.location?.city, "London")
}).pipe(Effect.provide(People.layer))

const alone = Effect.gen(function* () {
  strictEqual((yield* Effect.fromResult(pieces.address)).toString(), "2001:4860:4860::8888")
  strictEqual((yield* Stream.runCollect(pieces.records)).length, 2)
  deepStrictEqual(Array.from((yield* pieces.inspected).mapping.proved?.keys() ?? []), [
    "Mail",
    "IP",
  ])
  const places = new Map(yield* pieces.located)
  strictEqual(places.get("81.2.69.142")?._tag, "Unlocatable")
  strictEqual(places.get("10.0.0.1")?._tag, "Unlocatable")

  strictEqual((yield* pieces.upserted).inserted, 1)
  strictEqual((yield* pieces.placed).addresses.waiting, 0)
  const { totals: fromRows } = yield* Pipeline.run({ mapping: pieces.mapping }).pipe(
    Effect.provide([pieces.rows, pieces.office]),
  )
  strictEqual(fromRows.inserted, 1)
  const { runId, totals } = yield* pieces.loaded
  strictEqual(totals.unchanged, 1)
  const reasons = yield* Stream.runCollect(pieces.reasons(runId))
  strictEqual(reasons.length, totals.rejected)

  strictEqual((yield* host.countUsers).length, 1)
}).pipe(Effect.provide(pieces.repositories))

/** Runs all of them; `directory` has files for the first. */
export const runExamples = Effect.fnUntraced(function* (directory: string) {
  const { totals } = yield* load(directory)
  strictEqual(totals.inserted, 2)
  strictEqual((yield* tested).addresses.located, 1)
  yield* own
  yield* alone
})
