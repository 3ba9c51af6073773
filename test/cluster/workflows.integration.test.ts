import { gzipSync, zstdCompressSync } from "node:zlib"
import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { LoadRun } from "../../src/cluster/LoadRun.ts"
import { RunRepo } from "../../src/repo/RunRepo.ts"
import { cluster, load, sourceUri, usersFile, World } from "../utils/cluster.ts"

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

  it.live("never splits a compressed file, whatever its name, but splits a plain one", () => {
    const world = new World({
      "gzip.csv": gzipSync(usersFile("gzip", 100)),
      "plain.csv.gz": usersFile("plain", 100),
      "zstd.csv.zst": zstdCompressSync(usersFile("zstd", 100)),
    })
    const starts = new Map(Object.keys(world.files).map((name) => [name, [] as Array<number>]))
    world.change = (source) => ({
      ...source,
      read: (file, from) => {
        starts.get(file.name)!.push(from)
        return source.read(file, from)
      },
    })
    return Effect.gen(function* () {
      const summary = yield* load({ splitSize: 30 })
      assert.deepInclude(summary.totals, { read: 300, inserted: 300 })
      // Once to see that it is compressed, once to load it.
      for (const name of ["gzip.csv", "zstd.csv.zst"]) assert.deepStrictEqual(starts.get(name), [0, 0])
      assert.isAbove(new Set(starts.get("plain.csv.gz")).size, 2)
    }).pipe(Effect.provide(cluster(world)))
  })

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
