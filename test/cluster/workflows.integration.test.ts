import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { LoadRun } from "../../src/cluster/LoadRun.ts"
import { RunRepo } from "../../src/repo/RunRepo.ts"
import { cluster, load, sourceUri, World } from "../utils/cluster.ts"

const stored = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  return yield* sql<{
    email: string
    first_name: string
    updated: boolean
  }>`select email, first_name, updated from users order by email`
})

describe("LoadRun", () => {
  it.live("loads each file, and each part of a large one", () =>
    Effect.gen(function* () {
      const summary = yield* load({
        splitSize: 30,
        mapping: [
          ["email", "email"],
          ["name", "first_name"],
          ["day", "updated_at"],
        ],
      })
      assert.deepInclude(summary.totals, { read: 7, rejected: 1 })
      assert.deepStrictEqual(
        summary.files.map(({ name, state, counts }) => [name, state, counts.read]),
        [
          ["a.csv", "loaded", 5],
          ["b.csv", "loaded", 2],
        ],
      )
      assert.deepStrictEqual(yield* stored, [
        { email: "a@example.com", first_name: "Bo", updated: true },
        { email: "b@example.com", first_name: "Cy", updated: false },
        { email: "c@example.com", first_name: "Di", updated: true },
      ])
    }).pipe(
      Effect.provide(
        cluster(
          new World({
            "a.csv":
              "email,name,day\na@example.com,Ada,2020-01-01\nb@example.com,Cy,2020-01-01\nnobody,,\na@example.com,Ada,2020-01-02\nc@example.com,Cy,\n",
            "b.csv": "email,name,day\na@example.com,Bo,2020-01-02\nc@example.com,Di,2020-01-01\n",
          }),
        ),
      ),
    ),
  )

  it.live("does nothing of a run that nobody has handed over, whatever a message says", () =>
    Effect.gen(function* () {
      const runs = yield* RunRepo
      const begun = yield* Effect.scoped(runs.begin({ source: sourceUri, mapping: "", force: false }))
      const failure = yield* Effect.flip(LoadRun.execute(begun))
      assert.include(failure.message, `The database has no job for run ${begun.runId}.`)
      assert.deepStrictEqual(yield* stored, [])
    }).pipe(Effect.provide(cluster(new World({ "a.csv": "email,name\na@example.com,Ada\n" })))),
  )
})
